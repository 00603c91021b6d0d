"""Today's figures of the desk: how many, how fast, by danger and language. Never about one person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from bot.advice.opening_hours import COPENHAGEN
from bot.store.tables import DeskDayRow

# A wait is kept as the first of these minutes that it fits in: enough for a median, too little to know anybody again.
MINUTES = (1, 2, 3, 5, 10, 15, 20, 30, 60)
_LONGER = 999
_KEPT = timedelta(days=1)


@dataclass(frozen=True)
class Today:
    """Counts of one day: ``queued`` and ``closed`` by (level, language), ``picked_up`` by minutes."""

    queued: Counter[tuple[str, str]] = field(default_factory=Counter)
    closed: Counter[tuple[str, str]] = field(default_factory=Counter)
    picked_up: Counter[int] = field(default_factory=Counter)

    def median_minutes(self) -> int | None:
        """Half of those who were picked up waited at most so long; None where nobody was."""
        half, so_far = self.picked_up.total() / 2, 0
        for minutes in sorted(self.picked_up):
            so_far += self.picked_up[minutes]
            if so_far >= half:
                return minutes
        return None


async def count(session: AsyncSession, what: str, *, level: str, language: str, now: datetime) -> None:
    """Add one to today's ``what``."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(DeskDayRow).values(day=_day(now), what=what, level=level, language=language, count=1)
    key = ["day", "what", "level", "language"]
    await session.execute(statement.on_conflict_do_update(index_elements=key, set_={"count": DeskDayRow.count + 1}))


async def picked_up(session: AsyncSession, waited: timedelta, *, level: str, language: str, now: datetime) -> None:
    """Somebody waited so long for an adviser."""
    minutes = next((most for most in MINUTES if waited <= timedelta(minutes=most)), _LONGER)
    await count(session, f"picked up {minutes}", level=level, language=language, now=now)


async def today(session: AsyncSession, *, now: datetime) -> Today:
    """The figures of the day that ``now`` is in, in Copenhagen."""
    found = Today()
    for row in await session.scalars(select(DeskDayRow).where(DeskDayRow.day == _day(now))):
        if row.what == "queued":
            found.queued[row.level, row.language] += row.count
        elif row.what == "closed":
            found.closed[row.level, row.language] += row.count
        else:
            found.picked_up[int(row.what.rpartition(" ")[2])] += row.count
    return found


async def forget(session: AsyncSession, *, now: datetime) -> None:
    """Drop the days before yesterday."""
    await session.execute(delete(DeskDayRow).where(DeskDayRow.day < _day(now) - _KEPT))


def _day(now: datetime) -> date:
    return now.astimezone(COPENHAGEN).date()
