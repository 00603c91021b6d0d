"""What Chatwoot tells: signed webhooks, received on the console's port.

Signature: ``X-Chatwoot-Signature: sha256=<hex>`` is the HMAC-SHA256 of ``{X-Chatwoot-Timestamp}.{raw body}`` under the secret of
the webhook; older than about five minutes is to be refused. Webhooks of API channels are signed from version 4.13.0 on, those of
an account from 4.11.2. Sources, read 2026-11-22: github.com/chatwoot/chatwoot pull requests 13573 and 13892 and the schema
``webhook`` of its API description; app/listeners/webhook_listener.rb there;
chatwoot.com/hc/user-guide/articles/1677693021-how-to-use-webhooks.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.helpdesk.interface import Agent, Heard, Resolved, Wrote
from bot.helpdesk.relay import RELAY
from bot.settings import ChatwootSettings
from bot.web.keys import TALK

routes = web.RouteTableDef()
CHATWOOT = web.AppKey("chatwoot", ChatwootSettings)
_OLDEST_SECONDS = 300
# A message may hold 150,000 characters there.
_LARGEST = 1024 * 1024
_NAMELESS = "Rådgiveren"


@routes.post("/helpdesk/chatwoot", name="helpdesk_webhook")
async def webhook(request: web.Request) -> web.Response:
    """200 whatever the event; 401 without a valid signature; anything else and Chatwoot shows the message as not delivered."""
    raw = await request.clone(client_max_size=_LARGEST).read()
    settings = request.app[CHATWOOT]
    timestamp, signature = request.headers.get("X-Chatwoot-Timestamp", ""), request.headers.get("X-Chatwoot-Signature", "")
    if not is_signed(raw, timestamp, signature, secret=settings.webhook_secret, now=request.app[TALK].now()):
        raise web.HTTPUnauthorized
    try:
        payload = json.loads(raw)
    except ValueError:
        raise web.HTTPBadRequest from None
    if isinstance(payload, dict) and (heard := read(payload, settings.account)) is not None:
        await request.app[RELAY].hear(heard)
    return web.Response(status=200)


def is_signed(raw: bytes, timestamp: str, signature: str, *, secret: str, now: datetime) -> bool:
    """Whether Chatwoot sent exactly this, not long ago."""
    if (
        not (len(timestamp) < 13 and timestamp.isascii() and timestamp.isdigit())
        or abs(now.timestamp() - int(timestamp)) > _OLDEST_SECONDS
    ):
        return False
    right = hmac.new(secret.encode(), timestamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"sha256={right}".encode(), signature.encode())


def read(payload: dict[str, Any], account: str) -> Heard | None:
    """What the payload means here; None for all the rest: notes, the person's own words coming back, other accounts."""
    if str(_part(payload, "account").get("id", account)) != account:
        return None
    match payload.get("event"):
        case "message_created":
            return _wrote(payload)
        case "conversation_status_changed" if payload.get("status") == "resolved":
            return Resolved(str(payload.get("id")))
    return None


def _wrote(payload: dict[str, Any]) -> Wrote | None:
    sender = _part(payload, "sender")
    if payload.get("message_type") not in ("outgoing", 1) or payload.get("private"):
        return None
    # Greetings, surveys and bots of the helpdesk are nobody: no human has come to the conversation.
    if sender.get("type") != "user" or not payload.get("id"):
        return None
    return Wrote(
        thread=str(_part(payload, "conversation").get("id")),
        message=str(payload["id"]),
        agent=Agent(str(sender.get("id")), _first_name(str(sender.get("name") or ""))),
        text=str(payload.get("content") or "").strip(),
        attachments=len(payload.get("attachments") or ()),
    )


def _first_name(name: str) -> str:
    """Citizens see first names only, as of the console's advisers."""
    return (name.split() or [_NAMELESS])[0][:40]


def _part(payload: dict[str, Any], name: str) -> dict[str, Any]:
    part = payload.get(name)
    return part if isinstance(part, dict) else {}
