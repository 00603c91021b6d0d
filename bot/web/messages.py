"""Messages as the page gets them (docs/api.md): responses from Rasa or from the app itself, with cards and sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from babel.dates import format_date, format_time

from bot.advice import knowledge, languages, lines, opening_hours
from bot.advice.offers import Offer
from bot.advice.risk import Risk
from bot.i18n.catalogs import Catalogs
from bot.i18n.responses import ResponseBook
from bot.web import cards

_MOST_CARDS = 4


class Composer:
    """Makes messages in one language at one moment."""

    def __init__(
        self, book: ResponseBook, catalogs: Catalogs, offers: Mapping[str, Offer], language: str, *, now: datetime
    ) -> None:
        self._book = book
        self._catalogs = catalogs
        self._offers = offers
        self._now = now
        self.language = language

    def own(
        self,
        response: str,
        *,
        risk: Risk | None = None,
        show: Iterable[str] | None = None,
        also: Iterable[str] = (),
        **arguments: object,
    ) -> dict[str, Any]:
        """A message that the app says itself; ``show`` are ids of offers instead of the response's own, ``also`` after those."""
        rendered = self._book.render(response, self.language, **arguments).as_dict()
        if show is not None:
            rendered["cards"] = list(show)
        rendered["cards"] = list(dict.fromkeys([*(rendered.get("cards") or ()), *also]))
        return self.shown(rendered, risk=risk)

    def shown(self, rendered: Mapping[str, Any], *, risk: Risk | None = None, without: Iterable[str] = ()) -> dict[str, Any]:
        """A rendered response as a message; cards in ``without`` have been shown already."""
        seen = set(without)
        shown = [i for i in rendered.get("cards") or () if i in self._offers and i not in seen][:_MOST_CARDS]
        language = rendered.get("language", self.language)
        return {
            "from": "bot",
            "text": rendered["text"],
            "text_da": rendered["text_da"],
            "language": language,
            "dir": languages.direction(language),
            "response": rendered["response"],
            "risk": {"level": risk.level, "categories": list(risk.categories)} if risk else None,
            "source": _source(rendered),
            "checked": rendered.get("checked") or None,
            "checked_text": _checked_text(rendered.get("checked"), language),
            "buttons": [
                {"title": b["title"], "title_da": b.get("title_da") or b["title"], "payload": b["payload"]}
                for b in rendered.get("buttons") or ()
            ],
            "cards": [cards.contact(self._offers[i], language, self._catalogs, now=self._now) for i in shown],
        }

    def safety_card(self, risk: Risk, *, audience: str = "", repeated: bool = False) -> dict[str, Any]:
        """What goes out before anything else when there are signs of danger."""
        category = risk.categories[0] if risk.categories else "general"
        name = f"utter_risk_{risk.level}_{category}"
        if name not in self._book:
            name = f"utter_risk_{risk.level}_general"
        show = self._lines(risk, audience)
        return self.own("utter_risk_repeated" if repeated else name, risk=risk, show=show)

    @property
    def offers(self) -> Mapping[str, Offer]:
        """Every offer and line, by id."""
        return self._offers

    def contacts(self, offers: Iterable[str]) -> list[dict[str, Any]]:
        """The contact cards of those offers."""
        return [cards.contact(self._offers[i], self.language, self._catalogs, now=self._now) for i in offers]

    def moment(self, at: datetime) -> str:
        """A day and a time as people of the language write them: "mandag 09.00"."""
        locale = languages.locale(self.language)
        there = at.astimezone(opening_hours.COPENHAGEN)
        return f"{format_date(there, 'full', locale=locale)}, {format_time(there, 'short', locale=locale)}"

    def concern(self, risk: Risk, *, audience: str = "") -> dict[str, Any]:
        """One quiet line after the answer: somebody to talk to."""
        category = risk.categories[0] if risk.categories else "general"
        name = f"utter_risk_concern_{category}"
        show = self._lines(risk, audience)[:1] if name in self._book else None
        return self.own(name if name in self._book else "utter_risk_concern", risk=risk, show=show)

    def _lines(self, risk: Risk, audience: str) -> list[str]:
        abroad = "taken_abroad" in risk.categories
        return lines.for_risk(risk.level, risk.categories, self._offers, audience=audience, abroad=abroad, now=self._now)

    def page_lines(self) -> list[dict[str, Any]]:
        """The contact cards that are always on the page."""
        return self.contacts(i for i in lines.page_lines() if i in self._offers)


def said_by_citizen(text: str, language: str) -> dict[str, Any]:
    """The person's own, redacted words as a message."""
    return {**_plain("citizen", text, language), "dir": "auto"}


def said_by_adviser(
    name: str,
    text: str,
    *,
    language: str,
    text_da: str | None = None,
    cards: Iterable[dict[str, Any]] = (),
    buttons: Iterable[dict[str, str]] = (),
) -> dict[str, Any]:
    """What the adviser ``name`` sends to the person; ``text_da`` is the same in Danish, where that is known."""
    said = _plain("adviser", text, language, text if text_da is None else text_da)
    return {**said, "name": name, "cards": list(cards), "buttons": list(buttons)}


def noted(name: str, text: str, **more: Any) -> dict[str, Any]:
    """A note for advisers, by ``name``; it is never sent, and goes with the conversation."""
    return {**_plain("note", text, "da"), "name": name, **more}


def _plain(who: str, text: str, language: str, text_da: str | None = None) -> dict[str, Any]:
    return {
        "from": who,
        "text": text,
        "text_da": text if text_da is None else text_da,
        "language": language,
        "dir": languages.direction(language),
        "response": None,
        "risk": None,
        "source": None,
        "checked": None,
        "checked_text": "",
        "buttons": [],
        "cards": [],
    }


def _source(rendered: Mapping[str, Any]) -> dict[str, Any] | None:
    """What an answer rests on: the law in words, and the page it was read on."""
    source, law = rendered.get("source") or "", rendered.get("law") or ""
    known = knowledge.sources().get(source) or {}
    url = known.get("url") or (source if source.startswith(("https://", "http://")) else None)
    text = law or known.get("text") or (urlsplit(source).hostname or "").removeprefix("www.") or source
    return {"text": text, "url": url} if text else None


def _checked_text(checked: str | None, language: str) -> str:
    return format_date(date.fromisoformat(checked), "long", locale=languages.locale(language)) if checked else ""
