"""Numbers that may be shown (promise A7): none so small that it could single somebody out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

SMALLEST = 5
Key = TypeVar("Key")


def shown(counts: Mapping[Key, int]) -> dict[Key, int | None]:
    """``counts`` of a table whose total is shown as well; None for a number that is kept back.

    Kept back is what is above 0 and below 5; and where that is one number, or numbers that are below 5 together, the smallest
    of the others too: or they could be reckoned from the total.
    """
    hidden = {key for key, count in counts.items() if 0 < count < SMALLEST}
    rest = sorted((key for key, count in counts.items() if count >= SMALLEST), key=lambda key: counts[key])
    while hidden and rest and (len(hidden) == 1 or sum(counts[key] for key in hidden) < SMALLEST):
        hidden.add(rest.pop(0))
    return {key: None if key in hidden else count for key, count in counts.items()}


def total(counts: Mapping[Key, int]) -> int | None:
    """The sum, or None where it is too small; also where the only number in it is."""
    found = sum(counts.values())
    return None if 0 < found < SMALLEST else found
