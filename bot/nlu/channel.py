"""The channel between ``bot.web`` and Rasa: a message in, whole responses out (name, texts, buttons, sources)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.nlu.trackers import ForgettingTrackerStore


class WholeResponses(CollectingOutputChannel):
    """Keeps each response as it is, where Rasa's own channels keep text, buttons and images only."""

    @classmethod
    def name(cls) -> str:
        return "vejviser"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        self.messages.append({key: value for key, value in message.items() if value is not None and key != "timestamp"})


class VejviserInput(InputChannel):
    """``POST /webhooks/vejviser/webhook`` and ``DELETE /webhooks/vejviser/conversations/<id>``."""

    @classmethod
    def name(cls) -> str:
        return "vejviser"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        routes = Blueprint("vejviser_webhook")

        @routes.get("/")
        async def health(request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            """``{"sender", "message", "metadata"}`` -> ``{"messages": [...]}``."""
            collector = WholeResponses()
            await on_new_message(
                UserMessage(
                    request.json["message"],
                    collector,
                    request.json["sender"],
                    input_channel=self.name(),
                    metadata=request.json.get("metadata"),
                )
            )
            return response.json({"messages": collector.messages})

        @routes.get("/conversations/<sender>")
        async def known(request: Request, sender: str) -> HTTPResponse:
            """``{"known": bool}``: whether anything of the conversation is held; how forgetting is checked."""
            return response.json({"known": ForgettingTrackerStore.holds(sender)})

        @routes.delete("/conversations/<sender>")
        async def forget(request: Request, sender: str) -> HTTPResponse:
            """204: nothing of the conversation is left in this process."""
            ForgettingTrackerStore.forget_everywhere(sender)
            return response.empty()

        return routes
