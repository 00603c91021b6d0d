"""Headers on every answer: nothing from elsewhere runs, nothing is cached, nobody learns where a person came from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from bot.settings import Settings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_STATIC_SECONDS = 365 * 24 * 3600


def headers(settings: Settings) -> dict[str, str]:
    """The headers of every answer of this installation."""
    ancestors = " ".join(settings.frame_ancestors) or "'none'"
    return {
        "Content-Security-Policy": "; ".join(
            (
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "img-src 'self'",
                "connect-src 'self'",
                "form-action 'self'",
                "base-uri 'none'",
                f"frame-ancestors {ancestors}",
            )
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
        "Cache-Control": "no-store",
    } | ({} if settings.frame_ancestors else {"X-Frame-Options": "DENY"})


def middleware(settings: Settings) -> Middleware:
    """Adds the headers to every answer."""
    always = headers(settings)

    @web.middleware
    async def add_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        if not response.prepared:
            response.headers.update(always)
            if request.match_info.route.name in ("static", "words") and response.status == 200:
                # The address carries the content's hash: it may be kept, and it says nothing about anyone.
                response.headers["Cache-Control"] = f"public, max-age={_STATIC_SECONDS}, immutable"
            response.headers.pop("Server", None)
        return response

    return add_headers


def same_origin(request: web.Request) -> bool:
    """Whether a WebSocket's Origin is this very host: another page must not open one in a visitor's name."""
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.host
