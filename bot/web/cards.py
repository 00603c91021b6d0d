"""Contact cards: number, hours at this minute, and what to know before calling. Rendered from the offers only (S3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import phonenumbers
from babel import Locale
from babel.dates import format_date, format_time

from bot.advice import languages, opening_hours
from bot.advice.offers import Offer
from bot.i18n.catalogs import Catalogs

# Longer than this is a country's number; shorter ones (112, 1888, 116 111) are dialled as they are.
_SHORT_NUMBER = 6
_CODES = {*languages.CODES, "fo"}


def contact(offer: Offer, language: str, catalogs: Catalogs, *, now: datetime) -> dict[str, Any]:
    """The card of ``offer`` in ``language`` at ``now``: the object ``contact`` of docs/api.md."""
    state = opening_hours.state(offer.opening_hours, now)
    shown_open = offer.shown_as_open(now.date())
    return {
        "type": "contact",
        "id": offer.id,
        "name": catalogs.translate(language, "offer name", offer.name_da),
        "name_da": offer.name_da,
        "description": catalogs.translate(language, "offer description", offer.description_da),
        "description_da": offer.description_da,
        "phone": offer.phone if shown_open else "",
        "phone_uri": _phone_uri(offer) if shown_open else "",
        "sms_chat": offer.sms_chat,
        "email": offer.email,
        "website": offer.website,
        "website_url": f"https://{offer.website}" if offer.website else "",
        "address": offer.address,
        "hours": _hours(state, language, catalogs, now) if shown_open else "",
        "open": state.open if state and shown_open else None,
        "anonymous": _anonymous(offer, language, catalogs),
        "free": catalogs.translate(language, "card", "Gratis") if offer.free == "yes" else "",
        "languages": _languages(offer, language, catalogs),
        "note": _note(offer, language, catalogs, shown_open),
    }


def _hours(state: opening_hours.OpenState | None, language: str, catalogs: Catalogs, now: datetime) -> str:
    if state is None:
        return ""
    if state.changes is None:
        if state.open:
            return catalogs.translate(language, "card", "Åbent døgnet rundt")
        return catalogs.translate(language, "card", "Lukket")
    locale = languages.locale(language)
    time = format_time(state.changes, "HH:mm", locale=locale)
    if state.open:
        return catalogs.translate(language, "card", "Åbent nu, til kl. {time}").format(time=time)
    if state.changes.date() == now.date():
        return catalogs.translate(language, "card", "Lukket nu, åbner kl. {time}").format(time=time)
    # Not Babel's format_skeleton: it has given the day's name in the language that was asked for before.
    day = format_date(state.changes, "EEEE" if (state.changes.date() - now.date()).days < 7 else "long", locale=locale)
    return catalogs.translate(language, "card", "Lukket nu, åbner {day} kl. {time}").format(day=day, time=time)


def _anonymous(offer: Offer, language: str, catalogs: Catalogs) -> str:
    if offer.anonymous == "yes":
        return catalogs.translate(language, "card", "Du kan være anonym")
    if offer.anonymous == "no":
        return catalogs.translate(language, "card", "Ikke anonymt")
    return ""


def _languages(offer: Offer, language: str, catalogs: Catalogs) -> str:
    """What is spoken there: codes by their name in the person's language, "interpreter" and "many" in words."""
    words = {
        "interpreter": catalogs.translate(language, "card", "tolk"),
        "mange sprog": catalogs.translate(language, "card", "mange sprog"),
        "flere sprog": catalogs.translate(language, "card", "flere sprog"),
        "alle sprog pr. mail": catalogs.translate(language, "card", "alle sprog på mail"),
    }
    spoken = [part.strip() for part in offer.languages.split(";") if part.strip() in words or part.strip() in _CODES]
    return ", ".join(words.get(part) or _name_of(part, language) for part in spoken)


def _name_of(code: str, language: str) -> str:
    """What ``language`` calls the language ``code``; the Danish name where CLDR knows none."""
    return str(Locale(code).get_display_name(languages.locale(language)) or Locale(code).get_display_name("da"))


def _note(offer: Offer, language: str, catalogs: Catalogs, shown_open: bool) -> str:
    if offer.status in ("historical", "planned"):
        return catalogs.translate(language, "card", "Er ikke et åbent tilbud i dag")
    if not shown_open:
        return catalogs.translate(language, "card", "Oplysningerne er ved at blive kontrolleret")
    if offer.status == "unclear":
        return catalogs.translate(language, "card", "Undersøg, om stedet er åbent, før du går")
    if offer.phone and not offer.phone_confirmed:
        return catalogs.translate(language, "card", "Nummeret er ikke bekræftet")
    return ""


def _phone_uri(offer: Offer) -> str:
    if not offer.phone:
        return ""
    if len(offer.phone_digits) <= _SHORT_NUMBER:
        return f"tel:{offer.phone_digits}"
    number = phonenumbers.parse(offer.phone, "DK")
    return f"tel:{phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)}"
