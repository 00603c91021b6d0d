"""The queue with two hundred waiting and twenty advisers for ten minutes, as chance has it: nobody lost, nobody double, order kept.

Chance is seeded, everything else is real: both sites, sockets, forms, the database. Time is handed in: ten minutes take one or two,
all on one processor. ``SIMULATION_MINUTES=10`` runs ten real minutes at their own pace, ``SIMULATION_SEED=7`` another chance.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.settings import Settings
from bot.store.sessions import Sessions
from bot.store.tables import Base
from tests.integration.queue_simulation import Simulation

pytestmark = [pytest.mark.trained]
MINUTES = int(os.environ.get("SIMULATION_MINUTES", "0"))
SEED = int(os.environ.get("SIMULATION_SEED", "2026"))
PEOPLE, ADVISERS = 200, 20


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'x.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres")
    yield url
    sessions = Sessions.to(url)
    async with sessions.engine.begin() as connection:
        for table in (*reversed(Base.metadata.sorted_tables), "alembic_version"):
            await connection.execute(text(f'DROP TABLE "{table}"'))
    await sessions.close()


@pytest.mark.timeout(300 + 90 * MINUTES)
async def test_s8_nobody_is_lost_nobody_is_double_and_the_order_is_kept(
    settings: Settings, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything is looked at after every step: a step is nine seconds, the app crashes in some of them."""
    simulation = await Simulation.prepared(settings, database, monkeypatch, seed=SEED, real=bool(MINUTES))
    try:
        await simulation.assemble(PEOPLE, ADVISERS)
        for _ in range((MINUTES or 10) * 60 // 9):
            await simulation.step()
        await simulation.look(all_of_it=True)
    finally:
        await simulation.end()
    # A run in which nothing happened would prove nothing.
    assert not {happened: count for happened, count in simulation.happened.items() if not count}, (
        "chance has left something out: choose another seed"
    )
    again = simulation.busy + sum(person.again for person in (*simulation.people, *simulation.gone))
    print(dict(simulation.happened), f"had to be sent again: {again}")
