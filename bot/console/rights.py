"""Who may do what in the console: one table for the roles, one for the routes. What stands in neither is shown to nobody."""

from __future__ import annotations

# As few as the work needs: who keeps the texts or the users in order reads nobody's talk.
RIGHTS: dict[str, frozenset[str]] = {
    "adviser": frozenset({"desk"}),
    "coordinator": frozenset({"desk", "every_talk", "move", "hours", "users", "figures"}),
    "editor": frozenset({"texts"}),
    "administrator": frozenset({"users", "log"}),
}
# Whose access a role may give, change and end.
MANAGES: dict[str, tuple[str, ...]] = {
    "coordinator": ("adviser",),
    "administrator": ("adviser", "coordinator", "editor", "administrator"),
}
ROLE_NAMES = {
    "adviser": "Rådgiver",
    "coordinator": "Koordinator",
    "editor": "Redaktør",
    "administrator": "Administrator",
}
# Whoever is signed in, whatever the role.
EVERYBODY = "everybody"
ROUTES: dict[str, str] = {
    "sign_out": EVERYBODY,
    "me": EVERYBODY,
    "me_languages": EVERYBODY,
    "me_password": EVERYBODY,
    "me_codes": EVERYBODY,
    "desk": "desk",
    "part": "desk",
    "presence": "desk",
    "call": "desk",
    "come": "desk",
    "figures": "figures",
    "conversation": "desk",
    "part_conversation": "desk",
    "act": "desk",
    "live": "desk",
    "hours": "hours",
    "hours_form": "hours",
    "hours_language": "hours",
    "hours_switch": "hours",
    "users": "users",
    "users_form": "users",
    "user": "users",
    "user_form": "users",
    "log": "log",
    "texts": "texts",
}


# The order of the navigation; the first that a role may open is where it begins.
_PLACES = {
    "desk": "Bordet",
    "figures": "Tal",
    "hours": "Åbningstider",
    "texts": "Tekster",
    "users": "Brugere",
    "log": "Log",
    "me": "Mig",
}


def may(role: str, right: str) -> bool:
    """Whether ``role`` has ``right``; a role that is not in the table has none."""
    return right == EVERYBODY or right in RIGHTS.get(role, frozenset())


def may_open(role: str, route: str | None) -> bool:
    """Whether ``role`` may use the route of that name; nobody may where it stands in no table."""
    right = ROUTES.get(route or "")
    return right is not None and may(role, right)


def places(role: str) -> dict[str, str]:
    """The routes that ``role`` finds in the navigation, with what stands on them."""
    return {route: label for route, label in _PLACES.items() if may_open(role, route)}


def first_place(role: str) -> str:
    """The route where ``role`` begins."""
    return next(iter(places(role)))
