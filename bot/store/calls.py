"""Advisers who call for a colleague. A call stands until somebody comes, also when the app is started again."""

from __future__ import annotations

from datetime import datetime, timezone

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import SwitchRow

_CALL = "call "


async def call(session: AsyncSession, adviser_id: str, *, now: datetime) -> None:
    """That adviser needs a colleague."""
    await session.merge(SwitchRow(name=_CALL + adviser_id, since=now.astimezone(timezone.utc), adviser_id=adviser_id))


async def answer(session: AsyncSession, adviser_id: str) -> bool:
    """Somebody comes, or it is over; whether the call still stood."""
    done = await session.execute(delete(SwitchRow).where(SwitchRow.name == _CALL + adviser_id).returning(SwitchRow.name))
    return done.first() is not None


async def every(session: AsyncSession) -> list[str]:
    """The ids of those who call, the longest first."""
    rows = await session.scalars(
        select(SwitchRow.adviser_id).where(SwitchRow.name.startswith(_CALL)).order_by(SwitchRow.since, SwitchRow.name)
    )
    return list(rows)
