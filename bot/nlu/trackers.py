"""The tracker store: in memory, and it forgets. Rasa's own keeps every event for as long as the process lives."""

from __future__ import annotations

import time
from collections import OrderedDict
from typing import Any
from weakref import WeakSet

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from bot.settings import Settings

# Beyond this the longest silent are forgotten: a flood of conversations must not fill the memory.
_MOST = 5_000


class ForgettingTrackerStore(InMemoryTrackerStore):
    """Forgets a conversation on request, after the silence that the settings allow, and when there are too many."""

    _stores: WeakSet[ForgettingTrackerStore] = WeakSet()

    def __init__(self, domain: Domain, event_broker: EventBroker | None = None, **kwargs: Any) -> None:
        super().__init__(domain, event_broker, **kwargs)
        self._touched: OrderedDict[str, float] = OrderedDict()
        self._keep_seconds = Settings.read().forget_after_hours * 3600
        self._stores.add(self)

    async def save(self, tracker: DialogueStateTracker) -> None:
        await super().save(tracker)
        now = time.monotonic()
        self._touched[tracker.sender_id] = now
        self._touched.move_to_end(tracker.sender_id)
        while self._touched:
            oldest, at = next(iter(self._touched.items()))
            if now - at < self._keep_seconds and len(self._touched) <= _MOST:
                break
            self.forget(oldest)

    def forget(self, sender_id: str) -> None:
        """Drop everything about ``sender_id``."""
        self.store.pop(sender_id, None)
        self._touched.pop(sender_id, None)

    @classmethod
    def forget_everywhere(cls, sender_id: str) -> None:
        """Drop ``sender_id`` in every store of this process (Rasa makes one; the channel cannot reach it)."""
        for store in cls._stores:
            store.forget(sender_id)

    @classmethod
    def holds(cls, sender_id: str) -> bool:
        """Whether any store of this process knows ``sender_id``."""
        return any(sender_id in store.store or sender_id in store._touched for store in cls._stores)
