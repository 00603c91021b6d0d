"""Today's figures, and how advisers judged the machine's judgements. No number singles anybody out (A7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from aiohttp import web
from babel import Locale

from bot.advice import disclosure
from bot.advice.escalation import LEVELS as ORDER
from bot.advice.opening_hours import COPENHAGEN
from bot.console.labels import CATEGORIES, LEVELS
from bot.console.rendering import html
from bot.console.signin import signed_in
from bot.store import conversations, figures, handoffs
from bot.web.keys import TALK

routes = web.RouteTableDef()
_WEEKS = 4
# In the table of the store: "too high: violence_partner".
_VERDICTS = {"too high": "for højt", "too low": "for lavt"}


@routes.get("/tal", name="figures")
async def page(request: web.Request) -> web.Response:
    """Waiting now, and today: asked, in vain, how soon; by danger and by language."""
    talk = request.app[TALK]
    now = talk.now()
    async with talk.sessions.reading() as session:
        waiting = await handoffs.queue(session)
        today = await figures.today(session, now=now)
        weekly = await conversations.counted(session, "too ", since=now.astimezone(COPENHAGEN).date() - timedelta(weeks=_WEEKS))
    longest = max((now - row.case.waiting_since for row in waiting if row.case.waiting_since), default=None)
    enough = disclosure.total(today.picked_up)
    return html(
        request,
        "figures.html",
        title="Tal",
        waiting=len(waiting),
        longest=int(longest.total_seconds() // 60) if longest else None,
        median=today.median_minutes() if enough else None,
        picked_up=enough,
        longest_counted=figures.MINUTES[-1],
        queued=disclosure.total(today.queued),
        closed=disclosure.total(today.closed),
        tables=[
            ("Efter fare", "Fare", _by(today, 0, {level: LEVELS[level] for level in reversed(ORDER)})),
            ("Efter sprog", "Sprog", _by(today, 1, _languages(today))),
        ],
        verdicts=_judged(weekly),
        smallest=disclosure.SMALLEST,
        **signed_in(request),
    )


def _by(today: figures.Today, part: int, names: Mapping[str, str]) -> list[tuple[str, int | None, int | None]]:
    """Rows of (name, asked, in vain)."""
    queued, closed = disclosure.shown(_summed(today.queued, part, names)), disclosure.shown(_summed(today.closed, part, names))
    return [(name, queued[key], closed[key]) for key, name in names.items()]


def _summed(counts: Counter[tuple[str, str]], part: int, names: Mapping[str, str]) -> dict[str, int]:
    return {key: sum(count for one, count in counts.items() if one[part] == key) for key in names}


def _languages(today: figures.Today) -> dict[str, str]:
    found = {language for _, language in {**today.queued, **today.closed}}
    names = Locale("da").languages
    return {language: str(names[language]) for language in sorted(found, key=lambda code: str(names[code]))}


def _judged(weekly: Mapping[tuple[str, str], int]) -> list[tuple[str, str, str, int | None]]:
    """Rows of (verdict, what the machine saw, language, how often), the most frequent first."""
    names = Locale("da").languages
    shown = disclosure.shown(weekly)
    rows = []
    for (name, language), count in sorted(weekly.items(), key=lambda row: -row[1]):
        verdict, _, seen = name.partition(": ")
        what = "ingen fare" if seen == "none" else CATEGORIES.get(seen, seen.replace("rule ", "ordlisten "))
        rows.append((_VERDICTS.get(verdict, verdict), what, str(names[language]), shown[name, language] if count else 0))
    return rows
