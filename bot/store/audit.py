"""Reads the log of what advisers did. No words stand in it, and of a conversation only the beginning of its id leaves here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import AdviserRow, AuditRow

A_PAGE = 100
_SHOWN = 4


@dataclass(frozen=True)
class Entry:
    """One act; ``by`` and ``whom`` are names, ``conversation`` the beginning of an id; empty where there is none."""

    at: datetime
    by: str
    act: str
    whom: str
    conversation: str


async def entries(session: AsyncSession, *, adviser: str = "", act: str = "", page: int = 1) -> tuple[list[Entry], bool]:
    """A page of the log, newest first, of that adviser and that act where they are given; and whether there is an older one."""
    wanted = select(AuditRow).order_by(AuditRow.id.desc()).offset((page - 1) * A_PAGE).limit(A_PAGE + 1)
    if adviser:
        wanted = wanted.where(AuditRow.adviser_id == adviser)
    if act:
        wanted = wanted.where(AuditRow.act == act)
    rows = list(await session.scalars(wanted))
    known = await names(session)
    return [_entry(row, known) for row in rows[:A_PAGE]], len(rows) > A_PAGE


async def names(session: AsyncSession) -> dict[str, str]:
    """The names by id, also of those who have left, in the order of the names."""
    rows = await session.execute(select(AdviserRow.id, AdviserRow.name).order_by(AdviserRow.name, AdviserRow.id))
    return dict(rows.tuples().all())


async def acts(session: AsyncSession) -> Sequence[str]:
    """Everything that has been done, as codes."""
    return (await session.scalars(select(AuditRow.act).distinct().order_by(AuditRow.act))).all()


def _entry(row: AuditRow, known: dict[str, str]) -> Entry:
    at = row.at if row.at.tzinfo else row.at.replace(tzinfo=timezone.utc)
    whom = known.get(row.subject, "")
    return Entry(at, known.get(row.adviser_id or "", ""), row.act, whom, "" if whom else row.subject[:_SHOWN])
