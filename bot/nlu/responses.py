"""Renders responses inside Rasa, in the person's language with the Danish beside it: no call to another server."""

from __future__ import annotations

from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.i18n.catalogs import Catalogs
from bot.i18n.responses import ResponseBook, UnknownResponse


class CatalogResponses(NaturalLanguageGenerator):
    """Rasa's ``nlg`` of type ``bot.nlu.responses.CatalogResponses`` (endpoints.yml)."""

    def __init__(self, endpoint_config: EndpointConfig | None, domain: Domain) -> None:
        self._book = ResponseBook(domain.responses, Catalogs.installed())

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """The response as the channel hands it over; ``None`` where the domain has none of that name."""
        metadata = (tracker.latest_message.metadata if tracker.latest_message else None) or {}
        try:
            rendered = self._book.render(utter_action, metadata.get("language", "da"), **kwargs)
        except UnknownResponse:
            return None
        return {**rendered.as_dict(), "utter_action": utter_action}
