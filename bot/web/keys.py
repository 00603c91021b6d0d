"""What handlers find in the application."""

from __future__ import annotations

from aiohttp import web

from bot.settings import Settings
from bot.web.limits import Limits
from bot.web.talk import Talk

TALK = web.AppKey("talk", Talk)
LIMITS = web.AppKey("limits", Limits)
SETTINGS = web.AppKey("settings", Settings)
