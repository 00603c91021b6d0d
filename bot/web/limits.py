"""How often somebody may write, without keeping who: addresses are known only as an HMAC under a key that lives a day."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

_A_DAY = 24 * 3600


class TooOften(Exception):
    """More than the limit; ``retry_after`` seconds from now it is allowed again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


@dataclass
class Limits:
    """The limits of this process, in memory only."""

    message_rate: int
    address_rate: int
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._messages = parse(f"{self.message_rate} per 4 seconds")
        self._from_address = parse(f"{self.address_rate} per minute")
        self._beginnings = parse(f"{max(1, self.address_rate // 4)} per minute")
        self._renew()

    async def message(self, conversation_id: str, address: str | None) -> None:
        """Count one message. Raises ``TooOften``."""
        await self._count(self._messages, conversation_id)
        await self._count(self._from_address, self.pseudonym(address))

    async def beginning(self, address: str | None) -> None:
        """Count one new conversation. Raises ``TooOften``."""
        await self._count(self._beginnings, self.pseudonym(address))

    def pseudonym(self, address: str | None) -> str:
        """What stands for ``address`` today; tomorrow it is another."""
        if self.clock() - self._born > _A_DAY:
            self._renew()
        return hmac.new(self._key, (address or "").encode(), hashlib.sha256).hexdigest()

    def _renew(self) -> None:
        self._key, self._born = secrets.token_bytes(32), self.clock()

    async def _count(self, item: RateLimitItem, who: str) -> None:
        if not await self._limiter.hit(item, who):
            raise TooOften(max(1, item.get_expiry()))
