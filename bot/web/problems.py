"""Errors as people can read them: problem+json (RFC 9457) for the API, a plain page for browsers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot.advice import languages
from bot.store.conversations import NoConversation
from bot.web.incoming import Refused
from bot.web.keys import ERROR_PAGE, TALK
from bot.web.limits import TooOften

log = logging.getLogger(__name__)
# A database that refuses a connection is an OSError to some drivers.
DATABASE_ERRORS = (SQLAlchemyError, OSError)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Problem(Exception):
    """An answer with ``status`` whose ``detail`` is a sentence for the person."""

    def __init__(self, status: int, detail: str, *, messages: list[dict[str, Any]] | None = None, retry_after: int = 0) -> None:
        super().__init__(detail)
        self.status, self.detail, self.messages, self.retry_after = status, detail, messages, retry_after


def language_of(request: web.Request) -> str:
    """The language to speak of errors in: asked for in the address, else the browser's, else Danish."""
    catalogs = request.app[TALK].catalogs
    asked = request.query.get("lang")
    accepted = [part.split(";")[0].split("-")[0].strip() for part in request.headers.get("Accept-Language", "").split(",")]
    return catalogs.best([code for code in (asked, *accepted, "da") if code])


@web.middleware
async def as_problem_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns the domain's exceptions into answers. Logs codes, never words."""
    try:
        return await handler(request)
    except Problem as problem:
        return _json(request, problem)
    except web.HTTPException as error:
        if request.path.startswith("/api/") and error.status >= 400:
            return _json(request, Problem(error.status, sentence(request, "page", _STATUS.get(error.status, _UNKNOWN))))
        if error.status >= 400:
            return await request.app[ERROR_PAGE].render(request, error.status, _STATUS.get(error.status, _UNKNOWN))
        raise
    except Exception as error:
        # The type only: an exception's text can hold what somebody wrote.
        log.error("request failed: %s in %s", type(error).__name__, request.match_info.route.name or "a handler")
        if request.path.startswith("/api/"):
            return _json(request, Problem(500, sentence(request, "page", _UNKNOWN)))
        return await request.app[ERROR_PAGE].render(request, 500, _UNKNOWN)


def from_domain(request: web.Request, error: Exception, language: str | None = None) -> Problem:
    """What the domain's ``error`` is called at the edge."""
    language = language or language_of(request)
    talk = request.app[TALK]
    match error:
        case NoConversation():
            return Problem(404, sentence(request, "page", _STATUS[404], language))
        case Refused():
            return Problem(error.status, talk.book.render(error.response, language, **error.arguments).text)
        case TooOften():
            text = talk.book.render("utter_error_slow_down", language).text
            return Problem(429, text, retry_after=error.retry_after)
        case SQLAlchemyError() | OSError():
            log.error("the database did not answer: %s", type(error).__name__)
            return Problem(503, talk.book.render("utter_error_service_down", language).text)
        case _:
            raise error


def sentence(request: web.Request, context: str, text: str, language: str | None = None) -> str:
    """``text`` in the reader's language."""
    return request.app[TALK].catalogs.translate(language or language_of(request), context, text)


def _json(request: web.Request, problem: Problem) -> web.Response:
    language = language_of(request)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.detail.split("\n")[0],
        "status": problem.status,
        "detail": problem.detail,
        "language": language,
        "dir": languages.direction(language),
    }
    if problem.messages:
        body["messages"] = problem.messages
    headers = {"Retry-After": str(problem.retry_after)} if problem.retry_after else {}
    return web.json_response(body, status=problem.status, headers=headers, content_type="application/problem+json")


def N_(text: str) -> str:  # noqa: N802
    """Marks ``text`` for translation (context ``page``) where it is translated later."""
    return text


_UNKNOWN = N_("Noget gik galt hos os. Prøv igen om lidt, eller ring til et af numrene på siden.")
_STATUS = {
    400: N_("Beskeden kunne ikke læses. Prøv at sende den igen."),
    401: N_("Samtalens nøgle mangler. Begynd en ny samtale."),
    404: N_("Det findes ikke, eller det er slettet. Du kan begynde en ny samtale."),
    405: N_("Det kan man ikke her."),
    413: N_("Beskeden er for lang. Del den i to."),
}
