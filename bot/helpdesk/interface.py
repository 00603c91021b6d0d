"""What this service tells a helpdesk, and what a helpdesk tells it. A second helpdesk is a second class that keeps these promises.

The order of calls is ``arrived``, ``opened``, then anything, then ``forgot``. Every call may be made twice: the answer to the first
may have been lost. Only stored, redacted words are handed over, and no id, secret or address of the person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class HelpdeskDown(Exception):
    """It was not reached, or cannot answer now: everything is tried again later. ``code`` is a status or a kind of error."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotThere(HelpdeskDown):
    """The helpdesk knows no such conversation or person: somebody deleted it there."""


class Refused(HelpdeskDown):
    """The helpdesk does not take this one thing; others may go on."""


@dataclass(frozen=True)
class Person:
    """Somebody at the helpdesk; both ids are the helpdesk's own."""

    contact: str
    source: str


@dataclass(frozen=True)
class Place:
    """A conversation at the helpdesk."""

    person: Person
    thread: str


class Helpdesk(Protocol):
    """A helpdesk. Each call raises ``HelpdeskDown`` where it did not work and may be tried again."""

    async def arrived(self, token: str) -> Person:
        """Somebody without a name; ``token`` is random and means nothing here. The same token again is the same person."""

    async def opened(self, person: Person) -> Place:
        """A conversation with that person."""

    async def reopened(self, place: Place) -> None:
        """It goes on after it had ended."""

    async def wrote(self, place: Place, text: str) -> None:
        """The person wrote this, redacted."""

    async def noted(self, place: Place, text: str) -> None:
        """A note that agents see and the person does not."""

    async def raised(self, place: Place, level: str) -> None:
        """So much danger was seen: ``concern``, ``serious`` or ``acute``."""

    async def ended(self, place: Place) -> None:
        """Nobody waits for an agent there any more."""

    async def forgot(self, token: str, *, contact: str | None, thread: str | None) -> None:
        """All of it is deleted there; also where only ``token`` is known. No error where nothing is left."""


@dataclass(frozen=True)
class Agent:
    """Somebody who answers at the helpdesk. ``name`` is the one that citizens see."""

    id: str
    name: str


@dataclass(frozen=True)
class Wrote:
    """An agent wrote to the person; the first such message takes the conversation. ``message`` is the helpdesk's id of it."""

    thread: str
    message: str
    agent: Agent
    text: str
    attachments: int


@dataclass(frozen=True)
class Resolved:
    """An agent ended the conversation."""

    thread: str


Heard = Wrote | Resolved
