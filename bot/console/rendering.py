"""Renders the console's templates."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web

from bot.console import rights
from bot.console.labels import because

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"


def html(request: web.Request, template: str, *, status: int = 200, **values: Any) -> web.Response:
    """The template as a page."""
    text = (
        _environment()
        .get_template(template)
        .render(
            asset=asset,
            url=lambda name, **parts: address(request, name, **parts),
            here=request.match_info.route.name,
            places=rights.places,
            may=rights.may,
            **values,
        )
    )
    return web.Response(text=text, status=status, content_type="text/html")


def address(request: web.Request, name: str, **parts: str) -> str:
    """The address of the route ``name``."""
    return str(request.app.router[name].url_for(**parts))


def redirect(name: str, request: web.Request, **parts: str) -> web.HTTPSeeOther:
    """To the route ``name``, as the answer to a form."""
    return web.HTTPSeeOther(address(request, name, **parts))


@lru_cache(maxsize=8)
def asset(name: str) -> str:
    """The address of a static file, with a piece of its content's hash."""
    return f"/static/{hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}/{name}"


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["because"] = because
    return environment
