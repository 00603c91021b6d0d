"""What agents of a helpdesk read, in Danish: the summary, the talk so far, and why something was not sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from babel import Locale

from bot.advice.escalation import State
from bot.console.cases import account
from bot.console.labels import REASONS
from bot.store.handoffs import Handoff

Body = dict[str, Any]

FILE_NOT_SENT = "Ikke sendt: filer kan ikke sendes til personen. Teksten er sendt."
ONLY_A_FILE = "Ikke sendt: filer kan ikke sendes til personen. Skriv det i stedet."
NOT_WAITING = "Ikke sendt: personen venter ikke på en rådgiver lige nu."
ELSEWHERE = "Ikke sendt: en rådgiver i konsollen har samtalen."
STILL_WAITS = "Personen venter stadig og har ikke fået svar. Samtalen er åbnet igen. Skriv til personen, før du afslutter."
_ENDED = {
    State.BOT: "Personen er tilbage hos maskinen og venter ikke mere.",
    State.LOST: "Personens side svarer ikke. Pladsen i køen er givet fri.",
    State.EXPIRED: "Personen kom ikke tilbage.",
    State.CLOSED: "Samtalen er afsluttet. Den bliver slettet her, når den bliver slettet hos personen.",
}


def summary(handoff: Handoff, bodies: Sequence[Body]) -> str:
    """What the bot made of the talk."""
    seen = account(list(bodies), handoff)
    categories = ", ".join(seen.categories)
    rows = {
        "Sprog": str(Locale("da").languages[handoff.language]),
        "Hvorfor": REASONS[handoff.case.reason.value] if handoff.case.reason else "",
        "Fare": f"{seen.level}{f' ({categories})' if categories else ''}",
        "Emner": ", ".join(seen.topics),
        "Personens beskeder": str(seen.written),
    }
    told = "\n".join(f"{name}: {value}" for name, value in rows.items() if value)
    return (
        f"En person venter på et menneske.\n{told}\n\nSkriv her, så er du i samtalen, og maskinen tier. "
        "Personen er anonym og ser kun dit fornavn. Afslut samtalen her, når I er færdige."
    )


def ended(state: State) -> str:
    """Why nobody waits there any more."""
    return _ENDED.get(state, _ENDED[State.BOT])


def line(body: Body) -> str:
    """A message of the talk that is not the person's, as a note; empty where agents need not see it."""
    if body["from"] == "system":
        return ""
    who = "Maskinen" if body["from"] == "bot" else str(body.get("name") or "Rådgiveren")
    shown = ", ".join(str(card.get("name_da") or card.get("name") or "") for card in body.get("cards") or ())
    return f"{who}: {body.get('text_da') or body['text']}" + (f"\n[kort: {shown}]" if shown else "")
