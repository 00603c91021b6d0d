"""The offers in the database: imported as a whole or not at all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.advice.offers import Offer
from bot.store.tables import ImportRow, OfferRow

_NAME = "offers"


async def bring_up_to_date(session: AsyncSession, offers: list[Offer], source: str) -> bool:
    """Replace the offers by ``offers``, read from the text ``source``; ``False`` where that was imported already."""
    digest = hashlib.sha256(source.encode()).hexdigest()
    known = await session.get(ImportRow, _NAME)
    if known and known.digest == digest:
        return False
    await session.execute(delete(OfferRow))
    session.add_all(
        OfferRow(id=offer.id, position=position, content=json.dumps(asdict(offer), default=str, ensure_ascii=False))
        for position, offer in enumerate(offers)
    )
    await session.merge(ImportRow(name=_NAME, digest=digest))
    return True


async def every(session: AsyncSession) -> list[Offer]:
    """All offers, in the order of the file."""
    rows = await session.scalars(select(OfferRow).order_by(OfferRow.position))
    return [_offer(row.content) for row in rows]


def _offer(content: str) -> Offer:
    values = json.loads(content)
    for column in ("audience", "aliases", "topics", "instead"):
        values[column] = tuple(values[column])
    return Offer(**{**values, "review_by": date.fromisoformat(values["review_by"])})
