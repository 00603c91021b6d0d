"""Which lines to show: for a danger, at this hour, to this person. Data: ``knowledge/lines.yml``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.advice import knowledge, opening_hours
from bot.advice.offers import Offer

_MOST = 4


def for_risk(
    level: str,
    categories: Sequence[str],
    offers: Mapping[str, Offer],
    *,
    audience: str = "",
    abroad: bool = False,
    now: datetime,
) -> list[str]:
    """The ids of the lines on a safety card, in order; only confirmed numbers, at least one open around the clock.

    Args:
        audience: who writes, if they said so: ``child``, ``young``, ``professional`` ...
        abroad: the person is, or is about to be, outside Denmark.
    """
    table = knowledge.lines()
    wanted: list[str] = [table["acute_first"]] if level == "acute" else []
    for category in categories:
        row = table["risk"][category]
        if audience == "professional" and "red-raadgivning-unge" in (row["line"], row.get("young")):
            wanted.append(table["professional"])
        special = [row[key] for key in (audience, "abroad" if abroad else "") if key in row]
        wanted += [*special, *_open_or_instead(row, offers, now), *_listed(row.get("then"))]
    shown = _confirmed(wanted, offers)
    around_the_clock = [i for i in shown if offers[i].opening_hours == "24/7" and i != table["acute_first"]]
    if not around_the_clock:
        shown = [*shown[: _MOST - 1], *_confirmed([table["always"]], offers)]
    return shown[:_MOST] if level == "acute" else shown[: _MOST - 1]


def to_talk(topic: str, offers: Mapping[str, Offer], *, now: datetime) -> list[str]:
    """Whom to call for a talk about ``topic``, those open now first."""
    group = knowledge.topics()[topic].group if topic in knowledge.topics() else "service"
    wanted = _confirmed(knowledge.lines()["talk"][group], offers, phone=False)
    return sorted(wanted, key=lambda i: not is_open(offers[i], now))


def page_lines() -> list[str]:
    """The lines that are always on the page."""
    return list(knowledge.lines()["page"])


def is_open(offer: Offer, now: datetime) -> bool:
    """Whether it is known to be open at ``now``."""
    state = opening_hours.state(offer.opening_hours, now)
    return state is not None and state.open


def _open_or_instead(row: Mapping[str, Any], offers: Mapping[str, Offer], now: datetime) -> Iterable[str]:
    line = row["line"]
    if "closed" in row and (line not in offers or not is_open(offers[line], now)):
        return _listed(row["closed"])
    return [line]


def _confirmed(wanted: Iterable[str], offers: Mapping[str, Offer], *, phone: bool = True) -> list[str]:
    """Each once, in order; never an unconfirmed number, never a row that is not current (S3)."""
    unique: Collection[str] = dict.fromkeys(wanted)
    return [i for i in unique if i in offers and offers[i].status == "current" and (offers[i].phone_confirmed or not phone)]


def _listed(value: str | Sequence[str] | None) -> Sequence[str]:
    return [value] if isinstance(value, str) else (value or [])
