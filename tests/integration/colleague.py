"""Somebody who is signed in to the console, without a browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyotp

from bot.console.signin import COOKIE, form_token
from bot.store import advisers
from bot.store.advisers import Adviser
from tests.conftest import Site

PASSWORD = "en hest spiser lange gulerødder"


@dataclass(frozen=True)
class Page:
    """What came back; ``to`` is where a redirect leads."""

    status: int
    text: str
    to: str


@dataclass
class Colleague:
    """One session of one user."""

    site: Site
    adviser: Adviser
    token: str
    totp: pyotp.TOTP
    recovery: list[str]

    async def opens(self, path: str) -> Page:
        return await self._asks("GET", path)

    async def sends(self, path: str, **fields: Any) -> Page:
        """Send a form of the console; a list is a field that is there several times."""
        pairs = [("form", form_token(self.token))]
        for name, value in fields.items():
            pairs += [(name, one) for one in value] if isinstance(value, list) else [(name, value)]
        return await self._asks("POST", path, data=pairs)

    async def _asks(self, method: str, path: str, **more: Any) -> Page:
        headers = {"Cookie": f"{COOKIE}={self.token}"}
        address = f"{self.site.console}{path}"
        async with self.site.http.request(method, address, headers=headers, allow_redirects=False, **more) as answer:
            return Page(answer.status, await answer.text(), answer.headers.get("Location", ""))

    async def is_in(self) -> bool:
        """Whether this session still opens the console."""
        return (await self.opens("/mig")).status == 200

    async def signs_in_again(self) -> str | None:
        """A further session's token, with a recovery code."""
        return await signed_in(self.site, self.adviser.login, self.recovery.pop())


async def signed_in(site: Site, login: str, code: str, *, password: str = PASSWORD) -> str | None:
    """The token of a new session; None where it is refused."""
    talk = site.talk
    async with talk.sessions.writing() as session:
        return await advisers.sign_in(session, talk.keyring, login=login, password=password, code=code, now=talk.now())


async def enrolled(site: Site, login: str, invitation: str) -> tuple[pyotp.TOTP, list[str]]:
    """Takes up the invitation; the authenticator and the recovery codes."""
    talk, now = site.talk, site.talk.now()
    async with talk.sessions.writing() as session:
        made = await advisers.enrol(session, talk.keyring, login=login, code=invitation, password=PASSWORD, now=now)
        totp = pyotp.parse_uri(made.totp_uri)
        assert isinstance(totp, pyotp.TOTP)
        await advisers.confirm(session, talk.keyring, login=login, code=invitation, totp=totp.at(now), now=now)
    return totp, list(made.recovery_codes)


async def colleague(site: Site, login: str, role: str, *, languages: str = "da en") -> Colleague:
    """Somebody who has enrolled and is signed in."""
    talk = site.talk
    async with talk.sessions.writing() as session:
        code = await advisers.invite(
            session, login=login, name=login.capitalize(), role=role, languages=languages.split(), now=talk.now()
        )
    totp, recovery = await enrolled(site, login, code)
    token = await signed_in(site, login, recovery.pop())
    assert token
    async with talk.sessions.writing() as session:
        adviser = await advisers.recognise(session, token, now=talk.now())
    assert adviser
    return Colleague(site, adviser, token, totp, recovery)
