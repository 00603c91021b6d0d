"""The desk's figures in the store."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from bot.store import figures
from tests.conftest import Site


async def test_yesterdays_figures_are_kept_a_day_and_no_longer(site_without_rasa: Site) -> None:
    sessions = site_without_rasa.talk.sessions
    noon = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
    async with sessions.writing() as session:
        for days in range(3):
            await figures.count(session, "queued", level="none", language="da", now=noon + timedelta(days=days))
        await figures.forget(session, now=noon + timedelta(days=2))
    async with sessions.reading() as session:
        left = [(await figures.today(session, now=noon + timedelta(days=days))).queued.total() for days in range(3)]
    assert left == [0, 1, 1]
