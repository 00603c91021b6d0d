"""Headers on every answer: nothing from elsewhere runs, nothing is cached, nobody learns where a person came from."""

from __future__ import annotations

from aiohttp import web

from bot.settings import Settings

_STATIC_SECONDS = 365 * 24 * 3600


def headers(settings: Settings, *, framed: bool = True) -> dict[str, str]:
    """The headers of every answer of this installation; ``framed``: other sites may embed it, where the settings allow any."""
    ancestors = " ".join(settings.frame_ancestors if framed else ()) or "'none'"
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
    } | ({} if framed and settings.frame_ancestors else {"X-Frame-Options": "DENY"})


def protect(app: web.Application, settings: Settings, *, framed: bool = True) -> None:
    """Adds the headers to every answer of ``app``, whoever makes it: also redirects, refusals and errors."""
    always = headers(settings, framed=framed)

    async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(always)
        if request.match_info.route.name in ("static", "words", "console_static") and response.status == 200:
            # The address carries the content's hash: it may be kept, and it says nothing about anyone.
            response.headers["Cache-Control"] = f"public, max-age={_STATIC_SECONDS}, immutable"
        response.headers.pop("Server", None)

    app.on_response_prepare.append(add_headers)


def same_origin(request: web.Request) -> bool:
    """Whether a WebSocket's Origin is this very host: another page must not open one in a visitor's name."""
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.host
