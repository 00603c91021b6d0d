"""Tells open pages and consoles that something has happened, and knows which of them are there. In this process's memory."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

News = dict[str, Any]
# A socket that has not taken so much is no longer there.
_MOST_UNREAD = 200


class Hub:
    """Topics are conversations' ids, advisers' ids and ``desk``."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        # After a restart everybody has a minute to come back: nobody was seen before, nobody is called gone.
        self._started = now()
        self._ears: dict[str, set[asyncio.Queue[News]]] = defaultdict(set)
        self._here: Counter[str] = Counter()
        self._seen: dict[str, datetime] = {}
        # How much has been said about a topic: what was read before the latest is old.
        self.told: Counter[str] = Counter()

    @contextmanager
    def listening(self, *topics: str) -> Iterator[asyncio.Queue[News]]:
        """Everything told about ``topics`` while the block runs."""
        ears: asyncio.Queue[News] = asyncio.Queue(_MOST_UNREAD)
        for topic in topics:
            self._ears[topic].add(ears)
        try:
            yield ears
        finally:
            for topic in topics:
                self._ears[topic].discard(ears)
                if not self._ears[topic]:
                    del self._ears[topic]

    def tell(self, topic: str, news: News) -> None:
        """Hand ``news`` to all who listen to ``topic``; never waits."""
        self.told[topic] += 1
        for ears in tuple(self._ears.get(topic, ())):
            if ears.full():
                ears.get_nowait()
            ears.put_nowait(news)

    @contextmanager
    def here(self, who: str) -> Iterator[None]:
        """``who`` has a page or console open while the block runs."""
        self._here[who] += 1
        try:
            yield
        finally:
            self._here[who] -= 1
            self.saw(who)
            if not self._here[who]:
                del self._here[who]

    def saw(self, who: str, *, lasting: timedelta = timedelta()) -> None:
        """A sign of life; ``lasting`` where the next may be so long in coming."""
        self._seen[who] = max(self._now() + lasting, self._seen.get(who, self._started))

    def seen(self, who: str) -> datetime:
        """The latest sign of life; now where a page or console is open."""
        return self._now() if self._here[who] else max(self._seen.get(who, self._started), self._started)

    def is_here(self, who: str) -> bool:
        """Whether a page or console is open."""
        return bool(self._here[who])

    def forget(self, who: str) -> None:
        """Drop what is known of a conversation that is gone."""
        self._seen.pop(who, None)
        self.told.pop(who, None)
