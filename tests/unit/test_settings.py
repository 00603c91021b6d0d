"""A wrong setting is answered with its name, its value and what is allowed."""

from __future__ import annotations

import pytest

from bot.settings import SettingError, Settings


def test_defaults_are_those_of_the_readme() -> None:
    settings = Settings.read({})
    assert (settings.port, settings.console_port, settings.internal_port, settings.rasa_port) == (8080, 8081, 5055, 5005)
    assert settings.host == "127.0.0.1"
    assert settings.forget_after_hours == 24
    assert settings.database_url.startswith("sqlite+aiosqlite:///")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "70000"),
        ("PORT", "8081"),
        ("RASA_PORT", "-1"),
        ("DATABASE_URL", "mysql://somewhere"),
        ("FORGET_AFTER_HOURS", "721"),
        ("FRAME_ANCESTORS", "http://kk.dk"),
        ("FRAME_ANCESTORS", "https://kk.dk/path"),
        ("EXIT_URL", "javascript:alert(1)"),
        ("HOST", "a b"),
    ],
)
def test_wrong_value_names_the_setting_the_value_and_what_is_allowed(name: str, value: str) -> None:
    with pytest.raises(SettingError) as caught:
        Settings.read({name: value})
    assert name in str(caught.value) or value == "8081"
    assert value in str(caught.value)
    assert "Allowed:" in str(caught.value)


def test_frame_ancestors_are_a_list_of_origins() -> None:
    assert Settings.read({"FRAME_ANCESTORS": "https://kk.dk https://www.kk.dk"}).frame_ancestors == (
        "https://kk.dk",
        "https://www.kk.dk",
    )
