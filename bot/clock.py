"""The clock. Adapters read it; the domain gets ``now`` handed in."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def now() -> datetime:
    """This moment, in Copenhagen."""
    return datetime.now(COPENHAGEN)
