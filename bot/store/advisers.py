"""Who may sign in to the console: enrolment, password and second factor, sessions, lock-out, and the log of what was done."""

from __future__ import annotations

import asyncio
import base64
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store import keys
from bot.store.keys import Keyring
from bot.store.tables import AdviserRow, AuditRow, RecoveryCodeRow, SignInRow

ROLES = ("adviser", "coordinator", "editor", "administrator")
# Those who talk with people.
AT_THE_DESK = ("adviser", "coordinator")
# An agent of a helpdesk: named to citizens, without any way to sign in here.
GUEST = "guest"
SHORTEST_PASSWORD = 12
MOST_CONVERSATIONS = 3
# How long it stays known who did what, unless the kommune says otherwise.
LOG_KEPT = timedelta(days=90)
_ENROLMENT = timedelta(hours=48)
_IDLE = timedelta(minutes=30)
_LONGEST = timedelta(hours=10)
_FAILURES = 5
_LOCKED = timedelta(minutes=15)
_RECOVERY_CODES = 8
_STEP_SECONDS = 30
_HASHER = PasswordHasher()
# Verified where nobody has that login: the time an answer takes must not tell who exists.
_NOBODYS = _HASHER.hash(secrets.token_hex(16))


class Refused(Exception):
    """Sign-in or enrolment was refused. Wrong login, password, code and lock-out look alike on purpose."""


class WeakPassword(Exception):
    """The password is too short or is the login."""


class TakenLogin(Exception):
    """Somebody has that login."""


@dataclass(frozen=True)
class Adviser:
    """Somebody who may sign in. ``languages`` are those read."""

    id: str
    login: str
    name: str
    role: str
    languages: tuple[str, ...]
    capacity: int
    present: bool


@dataclass(frozen=True)
class Enrolment:
    """What is shown once: the address for the authenticator app, and the recovery codes."""

    totp_uri: str
    recovery_codes: tuple[str, ...]


async def invite(session: AsyncSession, *, login: str, name: str, role: str, languages: Sequence[str], now: datetime) -> str:
    """A new adviser; returns the one-time enrolment code, which works for 48 hours and is kept nowhere.

    Raises:
        TakenLogin: somebody has it.
        ValueError: the role is none of ``ROLES``.
    """
    if role not in ROLES:
        raise ValueError(f"{role!r} is no role; allowed: {', '.join(ROLES)}")
    if await session.scalar(select(AdviserRow.id).where(AdviserRow.login == login)):
        raise TakenLogin(login)
    row = AdviserRow(
        id=str(uuid.uuid4()),
        login=login,
        name=name,
        role=role,
        languages=" ".join(languages),
        capacity=1,
        present=False,
        totp_used=0,
        failed=0,
    )
    session.add(row)
    return new_enrolment(row, now=now)


def new_enrolment(row: AdviserRow, *, now: datetime) -> str:
    """The one-time code with which ``row`` sets a password and a second factor; until then nobody signs in with that login."""
    code = _speakable()
    row.enrolment_hash, row.enrolment_until = keys.hash_of(code), _stored(now + _ENROLMENT)
    return code


async def enrol(session: AsyncSession, keyring: Keyring, *, login: str, code: str, password: str, now: datetime) -> Enrolment:
    """Set the password and a fresh second factor; ``confirm`` makes them count.

    Raises:
        Refused: the code is wrong, used or too old.
        WeakPassword: too short, or the login itself.
    """
    row = await _invited(session, login, code, now)
    set_password(row, password)
    secret = pyotp.random_base32()
    row.totp_secret = keyring.seal(secret, row.id)
    codes = await new_recovery_codes(session, row.id)
    return Enrolment(pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="Vejviser"), codes)


def set_password(row: AdviserRow, password: str) -> None:
    """From now on this one.

    Raises:
        WeakPassword: too short, or the login itself.
    """
    check_password(row.login, password)
    row.password_hash = _HASHER.hash(password)


def check_password(login: str, password: str) -> None:
    """Raise ``WeakPassword`` unless it is long enough and not the login."""
    if len(password.strip()) < SHORTEST_PASSWORD or password.casefold() == login.casefold():
        raise WeakPassword


async def new_recovery_codes(session: AsyncSession, adviser_id: str) -> tuple[str, ...]:
    """Codes that replace the second factor once each; those from before no longer work."""
    codes = tuple(_speakable() for _ in range(_RECOVERY_CODES))
    await session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.adviser_id == adviser_id))
    session.add_all(RecoveryCodeRow(hash=keys.hash_of(code), adviser_id=adviser_id) for code in codes)
    return codes


async def confirm(session: AsyncSession, keyring: Keyring, *, login: str, code: str, totp: str, now: datetime) -> None:
    """The authenticator app works: the enrolment code is used up.

    Raises:
        Refused: one of the codes is wrong.
    """
    row = await _invited(session, login, code, now)
    if row.totp_secret is None or not _second_factor(row, keyring, totp, now):
        raise Refused
    row.enrolment_hash = row.enrolment_until = None


async def sign_in(session: AsyncSession, keyring: Keyring, *, login: str, password: str, code: str, now: datetime) -> str | None:
    """The new session's token; None where it is refused. The caller commits either way: failures are counted.

    Five wrong sign-ins in a row lock the login for 15 minutes.
    """
    row = await session.scalar(select(AdviserRow).where(AdviserRow.login == login, AdviserRow.left_at.is_(None)))
    right = await _password_is(row.password_hash if row else None, password)
    if row is None or row.enrolment_hash is not None:
        await note(session, None, "refused", "", now=now)
        return None
    if not await _proved(session, keyring, row, right, code, now):
        return None
    token = keys.new_secret()
    session.add(SignInRow(token_hash=keys.hash_of(token), adviser_id=row.id, begun_at=_stored(now), seen_at=_stored(now)))
    await note(session, row.id, "signed in", "", now=now)
    return token


async def proves(session: AsyncSession, keyring: Keyring, row: AdviserRow, *, password: str, code: str, now: datetime) -> bool:
    """Whether it is still the same person at the keyboard; a wrong answer counts as a wrong sign-in."""
    return await _proved(session, keyring, row, await _password_is(row.password_hash, password), code, now)


async def recognise(session: AsyncSession, token: str, *, now: datetime, acts: bool = True) -> Adviser | None:
    """Whose token that is; None where it has ended: 30 idle minutes, ten hours, or signed out.

    Args:
        acts: this is something the person does, not the console by itself: it counts as not idle.
    """
    row = await session.get(SignInRow, keys.hash_of(token))
    if row is None:
        return None
    if now - _utc(row.seen_at) > _IDLE or now - _utc(row.begun_at) > _LONGEST:
        await session.delete(row)
        return None
    if acts and now - _utc(row.seen_at) > timedelta(minutes=1):
        row.seen_at = _stored(now)
    return await by_id(session, row.adviser_id)


async def sign_out(session: AsyncSession, token: str) -> None:
    """End this session."""
    await session.execute(delete(SignInRow).where(SignInRow.token_hash == keys.hash_of(token)))


async def end_access(session: AsyncSession, adviser_id: str, *, now: datetime) -> None:
    """Somebody leaves: every session ends at once, conversations go back to the queue by time-out."""
    await session.execute(delete(SignInRow).where(SignInRow.adviser_id == adviser_id))
    await session.execute(
        update(AdviserRow).where(AdviserRow.id == adviser_id).values(left_at=_stored(now), present=False, totp_secret=None)
    )


async def by_id(session: AsyncSession, adviser_id: str) -> Adviser | None:
    """That adviser, unless access was ended."""
    row = await session.get(AdviserRow, adviser_id)
    return _read(row) if row is not None and row.left_at is None else None


async def working(session: AsyncSession) -> list[Adviser]:
    """Everybody who has enrolled and not left, by name; no guests, who are nobody's colleagues in the console."""
    rows = await session.scalars(
        select(AdviserRow)
        .where(AdviserRow.left_at.is_(None), AdviserRow.enrolment_hash.is_(None), AdviserRow.role != GUEST)
        .order_by(AdviserRow.name)
    )
    return [_read(row) for row in rows]


async def guest(session: AsyncSession, *, login: str, name: str) -> Adviser:
    """The agent of a helpdesk who is called ``login`` here, made at the first time; has no password, so cannot sign in."""
    row = await session.scalar(select(AdviserRow).where(AdviserRow.login == login))
    if row is None:
        row = AdviserRow(
            id=str(uuid.uuid4()),
            login=login,
            name=name,
            role=GUEST,
            languages="da",
            # How many an agent takes at a time is the helpdesk's affair.
            capacity=1_000_000,
            present=False,
            totp_used=0,
            failed=0,
        )
        session.add(row)
        await session.flush()
    row.name = name
    return _read(row)


async def guests(session: AsyncSession) -> list[Adviser]:
    """Every guest there has been."""
    return [_read(row) for row in await session.scalars(select(AdviserRow).where(AdviserRow.role == GUEST))]


async def set_presence(session: AsyncSession, adviser_id: str, *, present: bool, capacity: int) -> None:
    """Whether conversations are taken now, and how many at a time."""
    capacity = min(max(capacity, 1), MOST_CONVERSATIONS)
    await session.execute(update(AdviserRow).where(AdviserRow.id == adviser_id).values(present=present, capacity=capacity))


async def note(session: AsyncSession, adviser_id: str | None, act: str, subject: str, *, now: datetime) -> None:
    """Write down what was done. No words."""
    session.add(AuditRow(at=_stored(now), adviser_id=adviser_id, act=act, subject=subject))


async def forget_log(session: AsyncSession, *, before: datetime) -> None:
    """Delete what was done earlier than ``before``."""
    await session.execute(delete(AuditRow).where(AuditRow.at < _stored(before)))


async def _invited(session: AsyncSession, login: str, code: str, now: datetime) -> AdviserRow:
    row = await session.scalar(select(AdviserRow).where(AdviserRow.login == login, AdviserRow.left_at.is_(None)))
    if row is None or row.enrolment_hash is None or row.enrolment_until is None or _utc(row.enrolment_until) < now:
        raise Refused
    if not keys.matches(code.strip().lower(), row.enrolment_hash):
        raise Refused
    return row


async def _proved(session: AsyncSession, keyring: Keyring, row: AdviserRow, right: bool, code: str, now: datetime) -> bool:
    """Password and second factor together; five wrong in a row lock for 15 minutes."""
    # Takes the row before it is read: attempts at the same moment count one by one, and a code works once.
    await session.execute(
        update(AdviserRow)
        .where(AdviserRow.id == row.id)
        .values(failed=AdviserRow.failed)
        .execution_options(synchronize_session=False)
    )
    await session.refresh(row)
    locked = row.locked_until is not None and _utc(row.locked_until) > now
    if locked or not right or not (_second_factor(row, keyring, code, now) or await _recovery(session, row, code)):
        row.failed = row.failed if locked else row.failed + 1
        if row.failed >= _FAILURES:
            row.failed, row.locked_until = 0, _stored(now + _LOCKED)
        await note(session, row.id, "refused", "", now=now)
        return False
    row.failed, row.locked_until = 0, None
    return True


async def _password_is(stored: str | None, password: str) -> bool:
    """Takes a third of a second on purpose; in a thread, for people are being answered meanwhile."""
    try:
        return await asyncio.to_thread(_HASHER.verify, stored or _NOBODYS, password) and stored is not None
    except VerificationError:
        return False


def _second_factor(row: AdviserRow, keyring: Keyring, code: str, now: datetime) -> bool:
    """A code of the authenticator, of this half minute or its neighbours, each once."""
    if row.totp_secret is None:
        return False
    totp = pyotp.TOTP(keyring.unseal(row.totp_secret, row.id))
    step = int(now.timestamp()) // _STEP_SECONDS
    for candidate in (step - 1, step, step + 1):
        if candidate > row.totp_used and _same(totp.at(candidate * _STEP_SECONDS), code.replace(" ", "")):
            row.totp_used = candidate
            return True
    return False


def _same(right: str, given: str) -> bool:
    return secrets.compare_digest(right.encode(), given.encode())


async def _recovery(session: AsyncSession, row: AdviserRow, code: str) -> bool:
    known = await session.get(RecoveryCodeRow, keys.hash_of(code.strip().lower()))
    if known is None or known.adviser_id != row.id:
        return False
    await session.delete(known)
    return True


def _speakable() -> str:
    """80 random bits in letters and digits that can be read aloud."""
    letters = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(letters[i : i + 4] for i in range(0, len(letters), 4))


def _read(row: AdviserRow) -> Adviser:
    return Adviser(row.id, row.login, row.name, row.role, tuple(row.languages.split()), row.capacity, row.present)


def _stored(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc)


def _utc(moment: datetime) -> datetime:
    """SQLite keeps no time zone; what is written here is UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
