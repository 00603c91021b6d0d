"""The internal endpoint: Rasa's calls of custom actions, on loopback. rasa-sdk's executor runs them in this process."""

from __future__ import annotations

import logging

from aiohttp import web
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

log = logging.getLogger(__name__)
# A tracker of a long conversation; nothing else comes here.
_LARGEST = 8 * 1024 * 1024


def application() -> web.Application:
    """``POST /webhook`` as rasa-sdk's own server answers it."""
    executor = ActionExecutor()
    executor.register_package("actions")

    async def webhook(request: web.Request) -> web.Response:
        call = await request.json()
        # Our actions read the responses themselves: Rasa need not send 344 of them with every call (endpoints.yml).
        call.setdefault("domain", {})
        try:
            result = await executor.run(call)
        except ActionExecutionRejection as rejected:
            return web.json_response({"error": str(rejected), "action_name": rejected.action_name}, status=400)
        except ActionNotFoundException as missing:
            log.error("Rasa asked for an action that does not exist: %s", missing.action_name)
            return web.json_response({"error": str(missing), "action_name": missing.action_name}, status=404)
        return web.json_response(result.model_dump() if result else {})

    app = web.Application(client_max_size=_LARGEST)
    app.router.add_post("/webhook", webhook)
    return app
