"""Chatwoot: an inbox of the kind "API channel", written to over HTTP.

Two of its APIs are used. Client API, no token, for what the person does: contact, conversation, message. Application API, with an
administrator's token, for what only staff may do: private note, priority, status, deleting.

Sources, pages of developers.chatwoot.com/api-reference, read 2026-11-22: contacts-api/create-a-contact, conversations-api/
create-a-conversation, messages-api/create-a-message, messages/create-new-message, conversations/toggle-priority,
conversations/toggle-status, contacts/search-contacts, contacts/delete-contact. Deleting a conversation stands in the source only:
app/controllers/api/v1/accounts/conversations_controller.rb of github.com/chatwoot/chatwoot, read the same day.
"""

from __future__ import annotations

from typing import Any

import aiohttp

from bot.helpdesk.interface import HelpdeskDown, NotThere, Person, Place, Refused
from bot.settings import ChatwootSettings

_PRIORITIES = {"acute": "urgent", "serious": "high", "concern": "medium"}
_PATIENCE = aiohttp.ClientTimeout(total=10)
# What is wrong with this one request and not with the helpdesk.
_REFUSALS = (400, 413, 422)


class Chatwoot:
    """A ``bot.helpdesk.interface.Helpdesk``. A ``token`` is the contact's ``identifier``; it has no name, address or number."""

    def __init__(self, http: aiohttp.ClientSession, settings: ChatwootSettings) -> None:
        self._http = http
        self._token = settings.token
        self._public = f"{settings.url}/public/api/v1/inboxes/{settings.inbox}/contacts"
        self._account = f"{settings.url}/api/v1/accounts/{settings.account}"

    async def arrived(self, token: str) -> Person:
        """``POST /public/api/v1/inboxes/{inbox_identifier}/contacts``."""
        made = await self._call("POST", self._public, {"identifier": token})
        return Person(str(made["id"]), str(made["source_id"]))

    async def opened(self, person: Person) -> Place:
        """``POST …/contacts/{source_id}/conversations``."""
        made = await self._call("POST", f"{self._public}/{person.source}/conversations", {})
        return Place(person, str(made["id"]))

    async def wrote(self, place: Place, text: str) -> None:
        """``POST …/contacts/{source_id}/conversations/{id}/messages``: an incoming message."""
        address = f"{self._public}/{place.person.source}/conversations/{place.thread}/messages"
        await self._call("POST", address, {"content": text})

    async def noted(self, place: Place, text: str) -> None:
        """``POST /api/v1/accounts/{account_id}/conversations/{id}/messages``: private."""
        note = {"content": text, "message_type": "outgoing", "private": True}
        await self._call("POST", f"{self._conversation(place.thread)}/messages", note)

    async def raised(self, place: Place, level: str) -> None:
        """``POST …/conversations/{id}/toggle_priority``."""
        await self._call("POST", f"{self._conversation(place.thread)}/toggle_priority", {"priority": _PRIORITIES[level]})

    async def reopened(self, place: Place) -> None:
        """``POST …/conversations/{id}/toggle_status``."""
        await self._call("POST", f"{self._conversation(place.thread)}/toggle_status", {"status": "open"})

    async def ended(self, place: Place) -> None:
        """``POST …/conversations/{id}/toggle_status``."""
        await self._call("POST", f"{self._conversation(place.thread)}/toggle_status", {"status": "resolved"})

    async def forgot(self, token: str, *, contact: str | None, thread: str | None) -> None:
        """``DELETE …/conversations/{id}`` and ``DELETE …/contacts/{id}``; what is gone already is as good as deleted."""
        if thread is not None:
            await self._delete(self._conversation(thread))
        contacts = [contact] if contact is not None else await self._known_as(token)
        for known in contacts:
            await self._delete(f"{self._account}/contacts/{known}")

    async def _known_as(self, token: str) -> list[str]:
        """``GET …/contacts/search?q=``: contacts that were made but whose making was never answered."""
        found = await self._call("GET", f"{self._account}/contacts/search", params={"q": token})
        return [str(row["id"]) for row in found["payload"] if row.get("identifier") == token]

    async def _delete(self, address: str) -> None:
        try:
            await self._call("DELETE", address)
        except NotThere:
            return

    def _conversation(self, thread: str) -> str:
        return f"{self._account}/conversations/{thread}"

    async def _call(self, method: str, address: str, body: object = None, *, params: dict[str, str] | None = None) -> Any:
        headers = {"api_access_token": self._token} if address.startswith(self._account) else {}
        try:
            # Not followed elsewhere: the token would go along.
            async with self._http.request(
                method, address, json=body, params=params, headers=headers, timeout=_PATIENCE, allow_redirects=False
            ) as answer:
                if answer.status == 404:
                    raise NotThere("404")
                if answer.status in _REFUSALS:
                    raise Refused(str(answer.status))
                if answer.status >= 300:
                    raise HelpdeskDown(str(answer.status))
                return await answer.json() if "json" in answer.content_type else None
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise HelpdeskDown(type(error).__name__) from error
