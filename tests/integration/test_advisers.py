"""Signing in: password and second factor, each code once, lock-out, ends of sessions. Real SQLite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select

from bot.store import advisers
from bot.store.advisers import Refused, TakenLogin, WeakPassword
from bot.store.keys import Keyring
from bot.store.sessions import Sessions
from bot.store.tables import AdviserRow, AuditRow

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=timezone.utc)
KEYS = Keyring(bytes(range(32)))
PASSWORD = "en hest spiser lange gulerødder"


@pytest.fixture
async def sessions(tmp_path: Path) -> AsyncIterator[Sessions]:
    opened = Sessions.to(f"sqlite+aiosqlite:///{tmp_path / 'x.db'}")
    await opened.migrate()
    yield opened
    await opened.close()


class Anna:
    """An adviser who has enrolled, with her phone and her paper of recovery codes."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self.code = ""
        self.totp = pyotp.TOTP("A" * 32)
        self.recovery: tuple[str, ...] = ()

    async def enrols(self) -> Anna:
        async with self.sessions.writing() as session:
            self.code = await advisers.invite(session, login="anna", name="Anna", role="adviser", languages=["da", "ar"], now=NOW)
        async with self.sessions.writing() as session:
            made = await advisers.enrol(session, KEYS, login="anna", code=self.code, password=PASSWORD, now=NOW)
        self.totp, self.recovery = pyotp.parse_uri(made.totp_uri), made.recovery_codes
        async with self.sessions.writing() as session:
            await advisers.confirm(session, KEYS, login="anna", code=self.code, totp=self.totp.at(NOW), now=NOW)
        return self

    async def signs_in(
        self, *, password: str = PASSWORD, code: str | None = None, at: datetime = NOW + timedelta(minutes=5)
    ) -> str | None:
        async with self.sessions.writing() as session:
            return await advisers.sign_in(session, KEYS, login="anna", password=password, code=code or self.totp.at(at), now=at)

    async def recognised(self, token: str | None, at: datetime, *, acts: bool = True) -> bool:
        async with self.sessions.writing() as session:
            return await advisers.recognise(session, token or "", now=at, acts=acts) is not None


@pytest.fixture
async def anna(sessions: Sessions) -> Anna:
    return await Anna(sessions).enrols()


async def test_password_and_code_together_open_the_console(anna: Anna) -> None:
    token = await anna.signs_in()
    assert await anna.recognised(token, NOW + timedelta(minutes=6))
    assert not await anna.recognised("another" * 5, NOW + timedelta(minutes=6))


@pytest.mark.parametrize(("password", "code"), [("wrong wrong wrong", None), (PASSWORD, "000000"), ("", "")])
async def test_one_of_them_alone_does_not(anna: Anna, password: str, code: str | None) -> None:
    assert await anna.signs_in(password=password, code=code) is None


async def test_a_code_works_once(anna: Anna) -> None:
    assert await anna.signs_in()
    assert await anna.signs_in() is None
    assert await anna.signs_in(at=NOW + timedelta(minutes=6))


async def test_a_recovery_code_works_once(anna: Anna) -> None:
    assert await anna.signs_in(code=anna.recovery[0])
    assert await anna.signs_in(code=anna.recovery[0]) is None
    assert await anna.signs_in(code=anna.recovery[1].upper())


async def test_five_wrong_sign_ins_lock_for_a_quarter_of_an_hour(anna: Anna) -> None:
    for _ in range(5):
        assert await anna.signs_in(password="wrong") is None
    assert await anna.signs_in() is None
    assert await anna.signs_in(at=NOW + timedelta(minutes=19)) is None
    assert await anna.signs_in(at=NOW + timedelta(minutes=21))


async def test_an_idle_session_ends_after_half_an_hour_and_every_one_after_ten_hours(anna: Anna) -> None:
    token = await anna.signs_in()
    at = NOW + timedelta(minutes=5)
    for _ in range(20):
        at += timedelta(minutes=29)
        assert await anna.recognised(token, at)
    assert not await anna.recognised(token, at + timedelta(minutes=29))
    other = await anna.signs_in(at=NOW + timedelta(minutes=50))
    assert await anna.recognised(other, NOW + timedelta(minutes=75), acts=False)
    assert not await anna.recognised(other, NOW + timedelta(minutes=81))


async def test_who_leaves_is_out_at_once(anna: Anna, sessions: Sessions) -> None:
    token = await anna.signs_in()
    async with sessions.writing() as session:
        (adviser,) = await advisers.working(session)
        await advisers.end_access(session, adviser.id, now=NOW)
    assert not await anna.recognised(token, NOW + timedelta(minutes=6))
    assert await anna.signs_in(at=NOW + timedelta(minutes=30)) is None


async def test_an_invitation_is_used_once_and_in_time(anna: Anna, sessions: Sessions) -> None:
    async with sessions.writing() as session:
        with pytest.raises(Refused):
            await advisers.enrol(session, KEYS, login="anna", code=anna.code, password=PASSWORD, now=NOW)
        with pytest.raises(TakenLogin):
            await advisers.invite(session, login="anna", name="Anna", role="adviser", languages=[], now=NOW)
        code = await advisers.invite(session, login="bo", name="Bo", role="editor", languages=[], now=NOW)
        with pytest.raises(WeakPassword):
            await advisers.enrol(session, KEYS, login="bo", code=code, password="short", now=NOW)
        with pytest.raises(Refused):
            await advisers.enrol(session, KEYS, login="bo", code=code, password=PASSWORD, now=NOW + timedelta(hours=49))


async def test_who_has_not_confirmed_cannot_sign_in(sessions: Sessions) -> None:
    anna = Anna(sessions)
    async with sessions.writing() as session:
        code = await advisers.invite(session, login="anna", name="Anna", role="adviser", languages=[], now=NOW)
        made = await advisers.enrol(session, KEYS, login="anna", code=code, password=PASSWORD, now=NOW)
    anna.totp = pyotp.parse_uri(made.totp_uri)
    assert await anna.signs_in() is None


async def test_nothing_that_opens_the_door_is_stored_readably(anna: Anna, sessions: Sessions, tmp_path: Path) -> None:
    token = await anna.signs_in()
    async with sessions.reading() as session:
        (row,) = await session.scalars(select(AdviserRow))
        acts = list(await session.scalars(select(AuditRow.act)))
    assert (row.password_hash or "").startswith("$argon2id$")
    assert acts == ["signed in"]
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("x.db*"))
    for secret in (token or "", anna.totp.secret, anna.code, *anna.recovery, PASSWORD):
        assert secret.encode() not in stored
