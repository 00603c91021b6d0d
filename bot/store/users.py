"""Everybody who may sign in, as those who manage them see them; and what somebody may change about himself."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store import advisers, keys
from bot.store.advisers import Adviser
from bot.store.keys import Keyring
from bot.store.tables import AdviserRow, AuditRow, RecoveryCodeRow, SignInRow

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
_LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")
_LONGEST_NAME = 40
_ADMINISTRATOR = "administrator"


class LastAdministrator(Exception):
    """Nobody would be left who can manage everybody."""


class NoUser(Exception):
    """There is none, or access was ended."""


@dataclass(frozen=True)
class User:
    """Somebody who may sign in, or is invited to; ``last_day`` as far back as the log reaches."""

    adviser: Adviser
    enrolled: bool
    last_day: date | None


def unfit(*, name: str, languages: Sequence[str], known: Collection[str], login: str | None = None) -> set[str]:
    """Which of ``login``, ``name`` and ``languages`` cannot be used."""
    found = set()
    if login is not None and not _LOGIN.fullmatch(login):
        found.add("login")
    if not 1 <= len(name.strip()) <= _LONGEST_NAME:
        found.add("name")
    if set(languages) - {"da", *known}:
        found.add("languages")
    return found


async def everybody(session: AsyncSession) -> list[User]:
    """All who have access or an invitation, by name."""
    rows = await session.execute(
        select(AdviserRow.id, AdviserRow.enrolment_hash.is_(None), func.max(AuditRow.at))
        .outerjoin(AuditRow, (AuditRow.adviser_id == AdviserRow.id) & (AuditRow.act == "signed in"))
        .where(AdviserRow.left_at.is_(None), AdviserRow.role.in_(advisers.ROLES))
        .group_by(AdviserRow.id, AdviserRow.name, AdviserRow.enrolment_hash)
        .order_by(AdviserRow.name, AdviserRow.id)
    )
    found = []
    for adviser_id, enrolled, last in rows.all():
        adviser = await advisers.by_id(session, adviser_id)
        if adviser is not None:
            found.append(User(adviser, bool(enrolled), _day(last)))
    return found


async def change(session: AsyncSession, adviser_id: str, *, name: str, role: str, languages: Sequence[str]) -> None:
    """Another name, role, or other languages. With another role every session ends: what is open must not stay open.

    Raises:
        LastAdministrator: it is the last one's role.
        NoUser: there is none.
        ValueError: the role is none of ``advisers.ROLES``.
    """
    if role not in advisers.ROLES:
        raise ValueError(role)
    row = await _row(session, adviser_id)
    if role != row.role:
        await _another_administrator(session, row)
        row.role, row.present = role, False
        await _end_sessions(session, adviser_id)
    row.name, row.languages = name, " ".join(languages)


async def renew(session: AsyncSession, adviser_id: str, *, now: datetime) -> str:
    """A new enrolment, for a lost phone: sessions, password, second factor and recovery codes end; the new one-time code.

    Raises:
        NoUser: there is none.
    """
    row = await _row(session, adviser_id)
    await _end_sessions(session, adviser_id)
    await session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.adviser_id == adviser_id))
    row.password_hash = row.totp_secret = row.locked_until = None
    row.totp_used, row.failed, row.present = 0, 0, False
    return advisers.new_enrolment(row, now=now)


async def end_access(session: AsyncSession, adviser_id: str, *, now: datetime) -> None:
    """Somebody leaves: every session ends at once.

    Raises:
        LastAdministrator: nobody could manage everybody after that.
        NoUser: there is none.
    """
    await _another_administrator(session, await _row(session, adviser_id))
    await session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.adviser_id == adviser_id))
    await advisers.end_access(session, adviser_id, now=now)


async def set_languages(session: AsyncSession, adviser_id: str, languages: Sequence[str]) -> None:
    """The languages that somebody reads."""
    (await _row(session, adviser_id)).languages = " ".join(languages)


async def change_password(
    session: AsyncSession, adviser_id: str, keyring: Keyring, *, old: str, code: str, new: str, keep: str, now: datetime
) -> bool:
    """Another password; every session ends but the one with the token ``keep``. False where ``old`` or ``code`` is wrong.

    The caller commits either way: failures are counted.

    Raises:
        WeakPassword: the new one is.
    """
    row = await _row(session, adviser_id)
    # First: a refusal for this must not use up the code.
    advisers.check_password(row.login, new)
    if not await advisers.proves(session, keyring, row, password=old, code=code, now=now):
        return False
    advisers.set_password(row, new)
    await session.execute(delete(SignInRow).where(SignInRow.adviser_id == adviser_id, SignInRow.token_hash != keys.hash_of(keep)))
    return True


async def change_recovery_codes(
    session: AsyncSession, adviser_id: str, keyring: Keyring, *, password: str, code: str, now: datetime
) -> tuple[str, ...]:
    """New recovery codes; the old ones end. Empty where ``password`` or ``code`` is wrong; the caller commits either way."""
    row = await _row(session, adviser_id)
    if not await advisers.proves(session, keyring, row, password=password, code=code, now=now):
        return ()
    return await advisers.new_recovery_codes(session, adviser_id)


async def _row(session: AsyncSession, adviser_id: str) -> AdviserRow:
    row = await session.get(AdviserRow, adviser_id)
    if row is None or row.left_at is not None:
        raise NoUser
    return row


async def _another_administrator(session: AsyncSession, row: AdviserRow) -> None:
    """There is one beside ``row``, or ``row`` is none. A write that changes nothing takes the rows: two must not end each other."""
    if row.role != _ADMINISTRATOR or row.enrolment_hash is not None:
        return
    enrolled = await session.scalars(
        update(AdviserRow)
        .where(AdviserRow.role == _ADMINISTRATOR, AdviserRow.left_at.is_(None), AdviserRow.enrolment_hash.is_(None))
        .values(role=_ADMINISTRATOR)
        .returning(AdviserRow.id)
        .execution_options(synchronize_session=False)
    )
    if set(enrolled) <= {row.id}:
        raise LastAdministrator


async def _end_sessions(session: AsyncSession, adviser_id: str) -> None:
    await session.execute(delete(SignInRow).where(SignInRow.adviser_id == adviser_id))


def _day(moment: datetime | None) -> date | None:
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(COPENHAGEN).date()
