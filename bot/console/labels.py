"""What the console calls things, in Danish."""

from __future__ import annotations

OUTCOMES = {
    "answered": "Fik svar",
    "passed_on": "Fik et sted at gå hen",
    "emergency": "Akut hjælp sat i gang",
    "stopped": "Personen holdt op med at svare",
    "wrong_place": "Hører ikke til her",
    "other": "Andet",
}
REASONS = {
    "asked": "bad om et menneske",
    "risk": "tegn på fare",
    "not_understood": "ikke forstået to gange",
    "bot_failed": "maskinen svarede ikke",
    "not_for_bot": "ikke noget for maskinen",
}
LEVELS = {"acute": "Akut", "serious": "Alvorlig", "concern": "Bekymring", "none": "Ingen tegn på fare"}
CATEGORIES = {
    "violence_partner": "vold fra partner",
    "violence_family": "vold i familien",
    "threat_to_life": "trusler på livet",
    "honour": "æresrelateret konflikt",
    "forced_marriage": "tvangsægteskab",
    "taken_abroad": "ført til udlandet",
    "confinement": "spærret inde",
    "sexual_violence": "seksuel vold",
    "fgm": "omskæring",
    "suicide_self_harm": "selvmord eller selvskade",
    "child_at_risk": "et barn i fare",
    "stalking": "stalking",
    "exploitation": "udnyttelse",
    "homeless_tonight": "uden sted at sove",
}
# Why something could not be done now; {by} is who has the conversation, or has no room.
REFUSALS = {
    "taken": "{by} har allerede taget samtalen.",
    "full": "{by} har ikke plads til flere samtaler.",
    "not_yours": "Samtalen er ikke din.",
    "to_nobody": "Vælg en kollega, som ikke har samtalen i forvejen.",
    "not_proposed": "Ingen spørger dig længere, om du kan tage over.",
    "not_asked": "Det er en anden, der er spurgt.",
    "not_warm": "Kollegaen bad dig tage over, ikke komme med.",
}
YOU_ARE_FULL = "Du har ikke plads til flere samtaler. Afslut en, eller sæt dit antal op."
GONE = "Personen har forladt samtalen, og den er slettet. Intet er sendt."
ELSEWHERE = "Samtalen er et andet sted nu. Se listen."
SLOTS = {"number": "telefonnummer", "place": "sted", "time": "tidspunkt", "name": "navn på tilbud"}


def because(why: str) -> str:
    """A reason of the judgement with the level's name in Danish."""
    head, _, level = why.partition("betydning: ")
    code, _, share = level.partition(" ")
    return f"{head}betydning: {LEVELS[code].lower()} {share}" if code in LEVELS else why
