"""Small numbers stay unknown, and cannot be reckoned from the rest (A7)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.advice import disclosure


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ({"da": 12, "ar": 0}, {"da": 12, "ar": 0}),
        ({"da": 12, "ar": 4, "so": 7}, {"da": 12, "ar": None, "so": None}),
        ({"da": 12, "ar": 4, "so": 3}, {"da": 12, "ar": None, "so": None}),
        ({"da": 10, "ti": 1, "so": 1, "pl": 20}, {"da": None, "ti": None, "so": None, "pl": 20}),
        ({"da": 3}, {"da": None}),
        ({}, {}),
    ],
    ids=["nothing small", "one small hides the next", "two small", "two that are small together", "alone", "empty"],
)
def test_a7_what_is_shown(counts: Mapping[str, int], shown: Mapping[str, int | None]) -> None:
    assert disclosure.shown(counts) == shown


@given(st.dictionaries(st.sampled_from(["da", "ar", "so", "tr", "kl"]), st.integers(0, 20)))
def test_a7_no_small_number_can_be_reckoned_from_the_total(counts: dict[str, int]) -> None:
    shown, total = disclosure.shown(counts), disclosure.total(counts)
    hidden = [key for key, count in shown.items() if count is None]
    assert all(count == 0 or count is None or count >= disclosure.SMALLEST for count in shown.values())
    if total is not None and hidden:
        assert len(hidden) > 1, "a single gap is the total less the others"
        assert sum(counts[key] for key in hidden) >= disclosure.SMALLEST


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, None), (4, None), (5, 5)])
def test_a7_a_total_is_kept_back_too(count: int, shown: int | None) -> None:
    assert disclosure.total({"all": count}) == shown
