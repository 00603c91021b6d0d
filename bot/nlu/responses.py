"""Renders responses inside Rasa, in the person's language with the Danish beside it: no call to another server."""

from __future__ import annotations

from typing import Any

from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.i18n.catalogs import Catalogs
from bot.i18n.responses import ResponseBook, UnknownResponse


class CatalogResponses(TemplatedNaturalLanguageGenerator):
    """Rasa's ``nlg`` of type ``bot.nlu.responses.CatalogResponses`` (endpoints.yml)."""

    def __init__(self, endpoint_config: EndpointConfig | None, domain: Domain) -> None:
        super().__init__(domain.responses)

    @property
    def responses(self) -> dict[str, list[dict[str, Any]]]:
        """The domain's responses. Rasa makes the generator before it loads a model, and sets them when it has (its own class's)."""
        return self._responses

    @responses.setter
    def responses(self, responses: dict[str, list[dict[str, Any]]]) -> None:
        self._responses = responses
        self._book = ResponseBook(responses, Catalogs.installed())

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
