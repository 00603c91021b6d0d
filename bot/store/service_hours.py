"""When advisers answer: hours by language, and a coordinator's switch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.advice import opening_hours
from bot.store.tables import ServiceHoursRow, SwitchRow

# Until a coordinator says otherwise.
USUAL = "Mo-Fr 09:00-16:00; PH off"
_CLOSED = "closed"


@dataclass(frozen=True)
class Hours:
    """``open``, ``closed``, ``holiday`` (or a special day) or ``stopped`` (by hand); and when it opens next, if that is known."""

    code: str
    opens: datetime | None = None


@dataclass(frozen=True)
class Stop:
    """Closed by hand: since when, and by which adviser."""

    since: datetime
    by: str


async def state(session: AsyncSession, language: str, *, now: datetime) -> Hours:
    """How it stands for ``language`` at ``now``."""
    if await session.get(SwitchRow, _CLOSED) is not None:
        return Hours("stopped")
    rules = await every(session)
    rule = rules.get(language, rules[""])
    found = opening_hours.state(rule, now)
    if found is None or found.open:
        return Hours("open", opening_hours.opens_next(rule, now))
    today = now.astimezone(opening_hours.COPENHAGEN).date()
    off = opening_hours.office_closed(today) or opening_hours.names_day(rule, today)
    return Hours("holiday" if off else "closed", found.changes)


async def every(session: AsyncSession) -> dict[str, str]:
    """The rule of each language that has its own; under the empty key the one for all others."""
    rows = await session.scalars(select(ServiceHoursRow))
    return {"": USUAL, **{row.language: row.rule for row in rows}}


async def set_rule(session: AsyncSession, language: str, rule: str) -> None:
    """Set the hours of ``language``; an empty rule gives it those of all others.

    Raises:
        UnreadableHours: the rule is not written as ``opening_hours``.
    """
    if rule:
        opening_hours.check(rule)
    await session.execute(delete(ServiceHoursRow).where(ServiceHoursRow.language == language))
    if rule:
        session.add(ServiceHoursRow(language=language, rule=rule))


async def stop(session: AsyncSession, *, by: str, now: datetime) -> None:
    """Close the service by hand; conversations that run go on."""
    await session.merge(SwitchRow(name=_CLOSED, since=now.astimezone(timezone.utc), adviser_id=by))


async def stopped(session: AsyncSession) -> Stop | None:
    """Since when and by whom the service is closed by hand; None where it is not."""
    row = await session.get(SwitchRow, _CLOSED)
    if row is None:
        return None
    # SQLite keeps no time zone; what is written here is UTC.
    return Stop(row.since if row.since.tzinfo else row.since.replace(tzinfo=timezone.utc), row.adviser_id)


async def start(session: AsyncSession) -> None:
    """The hours count again."""
    await session.execute(delete(SwitchRow).where(SwitchRow.name == _CLOSED))
