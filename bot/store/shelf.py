"""The offers as imported, kept in memory between questions: they change when a file is imported, not in between.

While the store does not answer, the file stands in for it: a safety card needs its numbers (S2).
"""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy.exc import SQLAlchemyError

from bot.advice.offers import Offer, of_the_project
from bot.settings import Settings
from bot.store import offers
from bot.store.sessions import Sessions


class Shelf:
    """All offers, read from the store once."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._offers: dict[str, Offer] = {}

    async def every(self) -> dict[str, Offer]:
        """The offers by id, in the order of the file."""
        if not self._offers:
            try:
                async with self._sessions.reading() as session:
                    self._offers = {offer.id: offer for offer in await offers.every(session)}
            except (SQLAlchemyError, OSError):
                return {offer.id: offer for offer in of_the_project()}
        return self._offers


@lru_cache(maxsize=1)
def of_this_process() -> Shelf:
    """The shelf that custom actions use, on the database of the settings: rasa-sdk makes actions without arguments."""
    return Shelf(Sessions.to(Settings.read().database_url))
