"""The border to the dialogue engine: redacted text in, responses and commands out. Replaceable without touching the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp

# S2: an answer within two seconds, whatever is down. Half a second is left for the answer that says so.
_PATIENCE = aiohttp.ClientTimeout(total=1.5)


class RasaDown(Exception):
    """Rasa did not answer, not in time, or not in a form that can be used."""


@dataclass(frozen=True)
class Spoken:
    """What Rasa said: responses to show, commands to carry out, in order."""

    responses: list[dict[str, Any]]
    commands: list[dict[str, Any]]


class Rasa:
    """A Rasa server at ``base`` (loopback or a private network)."""

    def __init__(self, http: aiohttp.ClientSession, base: str) -> None:
        self._http = http
        self._base = base

    async def say(self, conversation_id: str, text: str, metadata: dict[str, Any]) -> Spoken:
        """Hand over one message.

        Raises:
            RasaDown: no usable answer.
        """
        try:
            async with self._http.post(
                f"{self._base}/webhooks/vejviser/webhook",
                json={"sender": conversation_id, "message": text, "metadata": metadata},
                timeout=_PATIENCE,
            ) as answer:
                if answer.status != 200:
                    raise RasaDown(f"status {answer.status}")
                messages = (await answer.json())["messages"]
        except (aiohttp.ClientError, TimeoutError, KeyError, ValueError) as error:
            raise RasaDown(type(error).__name__) from error
        commands = [m["custom"] for m in messages if (m.get("custom") or {}).get("command")]
        return Spoken([m for m in messages if m.get("utter_action")], commands)

    async def forget(self, conversation_id: str) -> None:
        """Forget the conversation; a server that is down has forgotten already."""
        try:
            async with self._http.delete(f"{self._base}/webhooks/vejviser/conversations/{conversation_id}", timeout=_PATIENCE):
                pass
        except (aiohttp.ClientError, TimeoutError):
            return

    async def healthy(self) -> bool:
        """Whether it answers and has a model loaded."""
        try:
            async with self._http.get(f"{self._base}/webhooks/vejviser/", timeout=_PATIENCE) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False
