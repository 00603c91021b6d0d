"""Everything that can be set from outside, in one place. Runs on Python 3.10 and the standard library alone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
_IDENTIFIER = re.compile(r"[\w-]{1,64}", re.ASCII)
_SECRET = re.compile(r"[!-~]{8,200}")
_FACTORY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", re.ASCII)


class SettingError(Exception):
    """A setting has a value that cannot be used; the text names it, the value and what is allowed."""

    def __init__(self, name: str, value: str, allowed: str) -> None:
        super().__init__(f"{name}={value!r} cannot be used. Allowed: {allowed}.")


@dataclass(frozen=True)
class ChatwootSettings:
    """Where the kommune's own Chatwoot is, and how each side knows the other."""

    url: str
    account: str
    inbox: str
    token: str = field(repr=False)
    webhook_secret: str = field(repr=False)


@dataclass(frozen=True)
class Settings:
    """How this installation runs. Read once, at start, by ``Settings.read``."""

    host: str
    port: int
    console_port: int
    internal_port: int
    rasa_port: int
    home: Path
    database_url: str
    forget_after_hours: int
    message_rate: int
    address_rate: int
    frame_ancestors: tuple[str, ...]
    exit_url: str
    helpdesk: ChatwootSettings | None
    translation_service: str

    @property
    def risk_model(self) -> Path:
        """Where the fitted risk classifier lies."""
        return self.home / "models" / "risk.npz"

    @property
    def page_words(self) -> Path:
        """Where the words lie by which the page sees danger when the server is gone."""
        return self.home / "models" / "page-words"

    @property
    def language_model(self) -> Path:
        """Where the fitted model of the languages lies."""
        return self.home / "models" / "languages.npz"

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from ``environment`` (default: the process's).

        Raises:
            SettingError: a value cannot be used.
        """
        env = os.environ if environment is None else environment
        home = Path(env.get("VEJVISER_HOME") or ROOT / ".vejviser").expanduser().resolve()
        ports = {
            name: _number(env, name, default, 1, 65535)
            for name, default in (("PORT", 8080), ("CONSOLE_PORT", 8081), ("INTERNAL_PORT", 5055), ("RASA_PORT", 5005))
        }
        for name, port in ports.items():
            if list(ports.values()).count(port) > 1:
                raise SettingError(name, str(port), "a port that no other setting uses")
        return cls(
            host=_checked(env, "HOST", "127.0.0.1", lambda v: v and not set(v) & set("/ "), "an address to listen on"),
            port=ports["PORT"],
            console_port=ports["CONSOLE_PORT"],
            internal_port=ports["INTERNAL_PORT"],
            rasa_port=ports["RASA_PORT"],
            home=home,
            database_url=_checked(
                env,
                "DATABASE_URL",
                f"sqlite+aiosqlite:///{home / 'vejviser.db'}",
                lambda v: v.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")),
                "sqlite+aiosqlite:///<file> or postgresql+asyncpg://<user>:<password>@<host>/<database>",
            ),
            # F3: never more than thirty days.
            forget_after_hours=_number(env, "FORGET_AFTER_HOURS", 24, 1, 30 * 24),
            # Per conversation in four seconds, and per address in a minute: a library is one address.
            message_rate=_number(env, "MESSAGE_RATE", 8, 1, 10_000),
            address_rate=_number(env, "ADDRESS_RATE", 240, 1, 1_000_000),
            frame_ancestors=tuple(
                _checked(
                    env,
                    "FRAME_ANCESTORS",
                    "",
                    lambda v: all(map(_is_origin, v.split())),
                    "origins, https://host, spaces between",
                ).split()
            ),
            exit_url=_checked(env, "EXIT_URL", "https://www.dmi.dk/", _is_url, "an address that begins with https://"),
            helpdesk=_helpdesk(env),
            translation_service=_checked(
                env,
                "TRANSLATION_SERVICE",
                "",
                lambda v: not v or _FACTORY.fullmatch(v),
                "module:factory, what docs/helpdesk.md says of it; unset: nothing is translated",
            ),
        )


def _helpdesk(env: Mapping[str, str]) -> ChatwootSettings | None:
    """The helpdesk in place of the console, if there is one; then all of its settings are needed."""
    if not _checked(env, "HELPDESK", "", lambda v: v in ("", "chatwoot"), "chatwoot; unset: advisers use the console"):
        return None
    return ChatwootSettings(
        url=_checked(env, "CHATWOOT_URL", "", _is_safe_url, "https://<host>; http:// on this machine only").rstrip("/"),
        account=_checked(env, "CHATWOOT_ACCOUNT", "", str.isdigit, "the account's number"),
        inbox=_checked(env, "CHATWOOT_INBOX", "", _IDENTIFIER.fullmatch, "the identifier of an inbox of the kind API channel"),
        token=_secret(env, "CHATWOOT_TOKEN", "the access token of an administrator"),
        webhook_secret=_secret(env, "CHATWOOT_WEBHOOK_SECRET", "the secret that the inbox's webhook is signed with"),
    )


def _secret(env: Mapping[str, str], name: str, allowed: str) -> str:
    """What must not stand in an error."""
    if not _SECRET.fullmatch(value := env.get(name) or ""):
        raise SettingError(name, "***" if value else "", allowed)
    return value


def _checked(env: Mapping[str, str], name: str, default: str, accepts: Callable[[str], object], allowed: str) -> str:
    value = env.get(name) or default
    if not accepts(value):
        raise SettingError(name, value, allowed)
    return value


def _number(env: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    value = env.get(name) or str(default)
    if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
        raise SettingError(name, value, f"a whole number from {least} to {most}")
    return int(value)


def _is_url(value: str) -> bool:
    parts = urlsplit(value)
    return parts.scheme == "https" and bool(parts.hostname) and not set(value) & set(" \"'<>")


def _is_safe_url(value: str) -> bool:
    parts = urlsplit(value)
    return _is_url(value) or (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost"))


def _is_origin(value: str) -> bool:
    parts = urlsplit(value)
    return _is_url(value) and parts.path in ("", "/") and not parts.query
