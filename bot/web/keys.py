"""What handlers find in the application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from bot.settings import Settings
from bot.web.limits import Limits
from bot.web.talk import Talk


@dataclass(frozen=True)
class ErrorPage:
    """Renders (request, status, Danish sentence) as a page for people."""

    render: Callable[[web.Request, int, str], Awaitable[web.Response]]


TALK = web.AppKey("talk", Talk)
LIMITS = web.AppKey("limits", Limits)
ERROR_PAGE = web.AppKey("error_page", ErrorPage)
SETTINGS = web.AppKey("settings", Settings)
