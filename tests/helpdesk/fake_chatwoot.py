"""A Chatwoot of a few pages: what its API description and its controllers say of the calls that are used, on loopback.

Sources as in bot/helpdesk/chatwoot.py and bot/helpdesk/webhook.py, read 2026-11-22. It was never compared with a live Chatwoot.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

from bot.settings import ChatwootSettings

ANNA = {"id": 7, "name": "Anna Jensen", "email": "anna@example.com", "type": "user"}
BO = {"id": 8, "name": "Bo Holm", "email": "bo@example.com", "type": "user"}
BOT = {"id": 1, "name": "Greeter", "type": "agent_bot"}
_LONGEST = 150_000


@dataclass
class Contact:
    id: int
    identifier: str | None
    name: str | None
    email: str | None
    sources: list[str] = field(default_factory=list)


@dataclass
class Conversation:
    id: int
    contact: Contact
    source: str
    status: str = "open"
    priority: str | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)

    def said(self) -> list[str]:
        """What the person wrote, as agents see it."""
        return [m["content"] for m in self.messages if m["message_type"] == "incoming"]

    def notes(self) -> list[str]:
        """Private notes."""
        return [m["content"] for m in self.messages if m["private"]]


@dataclass
class FakeChatwoot:
    """One account with one API-channel inbox. Agents act through ``writes`` and ``resolves``."""

    port: int
    webhook_url: str
    account: int = 3
    inbox: str = "kVnFt2aQpXo6"
    token: str = "administrators-token-5521"
    secret: str = "webhook-secret-of-the-inbox"
    contacts: dict[int, Contact] = field(default_factory=dict)
    conversations: dict[int, Conversation] = field(default_factory=dict)
    # Every request that came: method, path with query, headers, body.
    heard: list[tuple[str, str, dict[str, str], str]] = field(default_factory=list)
    _ids: Any = field(default_factory=lambda: itertools.count(101))
    _runner: web.AppRunner | None = None
    _outbox: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)

    @property
    def settings(self) -> ChatwootSettings:
        return ChatwootSettings(f"http://127.0.0.1:{self.port}", str(self.account), self.inbox, self.token, self.secret)

    @property
    def only(self) -> Conversation:
        """The one conversation that there is."""
        (conversation,) = self.conversations.values()
        return conversation

    # ---- on and off ---------------------------------------------------------------------------------------------------------

    async def up(self) -> None:
        app = web.Application(middlewares=[self._listening])
        inbox, account = "/public/api/v1/inboxes/{inbox}/contacts", "/api/v1/accounts/{account}"
        app.router.add_post(inbox, self._create_contact)
        app.router.add_post(f"{inbox}/{{source}}/conversations", self._create_conversation)
        app.router.add_post(f"{inbox}/{{source}}/conversations/{{id}}/messages", self._create_incoming)
        app.router.add_get(f"{account}/contacts/search", self._search)
        app.router.add_delete(f"{account}/contacts/{{id}}", self._delete_contact)
        app.router.add_delete(f"{account}/conversations/{{id}}", self._delete_conversation)
        app.router.add_post(f"{account}/conversations/{{id}}/messages", self._create_message)
        app.router.add_post(f"{account}/conversations/{{id}}/toggle_priority", self._toggle_priority)
        app.router.add_post(f"{account}/conversations/{{id}}/toggle_status", self._toggle_status)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def down(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # ---- what agents do -----------------------------------------------------------------------------------------------------

    def writes(
        self, conversation: Conversation, text: str, *, by: dict[str, Any] = ANNA, private: bool = False, files: int = 0
    ) -> dict[str, Any]:
        """An agent sends ``text``; the webhook's payload."""
        return self._message(conversation, text, "outgoing", sender=by, private=private, files=files)

    def resolves(self, conversation: Conversation) -> None:
        self._set_status(conversation, "resolved")

    async def deliver(self, payload: dict[str, Any], **changed: str) -> int:
        """Post ``payload`` as a signed webhook; ``changed``: ``secret``, ``timestamp``, ``signature`` or ``body`` of a forger."""
        raw = json.dumps(payload)
        timestamp = changed.get("timestamp", str(int(time.time())))
        key = changed.get("secret", self.secret).encode()
        right = "sha256=" + hmac.new(key, f"{timestamp}.{raw}".encode(), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Chatwoot-Timestamp": timestamp,
            "X-Chatwoot-Signature": changed.get("signature", right),
            "X-Chatwoot-Delivery": secrets.token_hex(16),
        }
        body = changed.get("body", raw)
        async with aiohttp.ClientSession() as http, http.post(self.webhook_url, data=body, headers=headers) as answer:
            return answer.status

    async def deliver_for_ever(self) -> None:
        while True:
            await self.deliver(await self._outbox.get())

    # ---- client API: no token -----------------------------------------------------------------------------------------------

    async def _create_contact(self, request: web.Request) -> web.Response:
        self._public(request)
        body = await request.json()
        identifier = body.get("identifier")
        contact = next((c for c in self.contacts.values() if identifier and c.identifier == identifier), None)
        if contact is None:
            contact = Contact(next(self._ids), identifier, body.get("name"), body.get("email"))
            self.contacts[contact.id] = contact
        contact.sources.append(secrets.token_hex(16))
        shown = {"id": contact.id, "source_id": contact.sources[-1], "name": contact.name or "quiet-sun-11", "email": contact.email}
        return web.json_response({**shown, "pubsub_token": secrets.token_hex(8)})

    async def _create_conversation(self, request: web.Request) -> web.Response:
        contact = self._public(request)
        made = Conversation(next(self._ids), contact, request.match_info["source"])
        self.conversations[made.id] = made
        self._outbox.put_nowait({"event": "conversation_created", **self._shown(made)})
        return web.json_response({"id": made.id, "inbox_id": 1, "messages": [], "contact": {"id": contact.id}})

    async def _create_incoming(self, request: web.Request) -> web.Response:
        self._public(request)
        conversation = self._conversation(request)
        if conversation.source != request.match_info["source"]:
            raise _not_found()
        content = (await request.json()).get("content", "")
        if len(content) > _LONGEST:
            return web.json_response({"message": "Content is too long"}, status=422)
        if conversation.status == "resolved":
            self._set_status(conversation, "open")
        made = self._message(conversation, content, "incoming", sender={"id": conversation.contact.id, "type": "contact"})
        return web.json_response({"id": made["id"], "content": content, "message_type": 0, "conversation_id": conversation.id})

    # ---- application API: a token -------------------------------------------------------------------------------------------

    async def _search(self, request: web.Request) -> web.Response:
        self._application(request)
        found = [c for c in self.contacts.values() if c.identifier and request.query["q"] in c.identifier]
        rows = [{"id": c.id, "identifier": c.identifier, "name": c.name, "email": c.email} for c in found]
        return web.json_response({"meta": {"count": len(rows), "current_page": 1}, "payload": rows})

    async def _delete_contact(self, request: web.Request) -> web.Response:
        self._application(request)
        contact = self.contacts.pop(_number(request), None)
        if contact is None:
            raise _not_found()
        self.conversations = {i: c for i, c in self.conversations.items() if c.contact is not contact}
        return web.Response()

    async def _delete_conversation(self, request: web.Request) -> web.Response:
        self._application(request)
        del self.conversations[self._conversation(request).id]
        return web.Response()

    async def _create_message(self, request: web.Request) -> web.Response:
        self._application(request)
        body = await request.json()
        user = {"id": 1, "name": "Vejviser", "type": "user"}
        made = self._message(
            self._conversation(request), body["content"], body.get("message_type", "outgoing"), sender=user, private=body["private"]
        )
        return web.json_response({"id": made["id"], "content": made["content"], "message_type": 1, "private": made["private"]})

    async def _toggle_priority(self, request: web.Request) -> web.Response:
        self._application(request)
        priority = (await request.json())["priority"]
        if priority not in ("urgent", "high", "medium", "low", "none"):
            return web.json_response({"error": f"'{priority}' is not a valid priority"}, status=422)
        self._conversation(request).priority = priority
        return web.Response()

    async def _toggle_status(self, request: web.Request) -> web.Response:
        self._application(request)
        conversation, status = self._conversation(request), (await request.json())["status"]
        self._set_status(conversation, status)
        shown = {"success": True, "current_status": status, "conversation_id": conversation.id}
        return web.json_response({"meta": {}, "payload": shown})

    # ---- inside -------------------------------------------------------------------------------------------------------------

    @web.middleware
    async def _listening(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.heard.append((request.method, request.path_qs, dict(request.headers), await request.text()))
        answer: web.StreamResponse = await handler(request)
        return answer

    def _public(self, request: web.Request) -> Contact:
        if request.match_info["inbox"] != self.inbox:
            raise _not_found()
        source = request.match_info.get("source")
        contact = next((c for c in self.contacts.values() if source in c.sources), None)
        if source is not None and contact is None:
            raise _not_found()
        return contact or Contact(0, None, None, None)

    def _application(self, request: web.Request) -> None:
        if request.headers.get("api_access_token") != self.token:
            raise web.HTTPUnauthorized(text='{"error": "Invalid Access Token"}', content_type="application/json")
        if request.match_info["account"] != str(self.account):
            raise _not_found()

    def _conversation(self, request: web.Request) -> Conversation:
        if _number(request) not in self.conversations:
            raise _not_found()
        return self.conversations[_number(request)]

    def _message(
        self, conversation: Conversation, text: str, kind: str, *, sender: dict[str, Any], private: bool = False, files: int = 0
    ) -> dict[str, Any]:
        message = {
            "id": next(self._ids),
            "content": text,
            "created_at": "2026-11-22T10:00:00.000Z",
            "message_type": kind,
            "content_type": "text",
            "content_attributes": {},
            "private": private,
            "source_id": None,
            "sender": sender,
            "inbox": {"id": 1, "name": "Vejviser"},
            "account": {"id": self.account, "name": "Kommunen"},
        }
        if files:
            message["attachments"] = [{"id": n, "file_type": "file", "data_url": "https://x.example/f"} for n in range(files)]
        conversation.messages.append(message)
        payload = {"event": "message_created", **message, "conversation": self._shown(conversation)}
        self._outbox.put_nowait(payload)
        return payload

    def _set_status(self, conversation: Conversation, status: str) -> None:
        if conversation.status != status:
            conversation.status = status
            self._outbox.put_nowait({"event": "conversation_status_changed", **self._shown(conversation)})

    def _shown(self, conversation: Conversation) -> dict[str, Any]:
        return {
            "id": conversation.id,
            "inbox_id": 1,
            "channel": "Channel::Api",
            "status": conversation.status,
            "priority": conversation.priority,
            "meta": {"sender": {"id": conversation.contact.id, "type": "contact"}, "assignee": None},
            "contact_inbox": {"source_id": conversation.source},
        }


def _number(request: web.Request) -> int:
    return int(request.match_info["id"])


def _not_found() -> web.HTTPNotFound:
    return web.HTTPNotFound(text='{"error": "Resource could not be found"}', content_type="application/json")


@asynccontextmanager
async def running(port: int, webhook_url: str) -> AsyncIterator[FakeChatwoot]:
    """Up, and sending its webhooks, until the block ends."""
    chatwoot = FakeChatwoot(port, webhook_url)
    await chatwoot.up()
    sending = asyncio.create_task(chatwoot.deliver_for_ever())
    try:
        yield chatwoot
    finally:
        sending.cancel()
        await chatwoot.down()
