"""Draws the way to a human from ``bot.advice.escalation`` into docs/escalation.md: ``python -m tools.escalation``."""

from __future__ import annotations

import sys
from collections import defaultdict

from bot.advice.escalation import TRANSITIONS, State
from tools.prepare import ROOT

PAGE = ROOT / "docs" / "escalation.md"
_BEGIN, _END = "<!-- drawn by tools/escalation.py -->", "<!-- end of the drawing -->"


def drawing() -> str:
    """A state diagram (Mermaid) and the same as a table, for readers and screen readers who have no diagram."""
    arrows: dict[tuple[State, State], list[str]] = defaultdict(list)
    everywhere = [t for t in TRANSITIONS if t.after is State.LEFT]
    for transition in TRANSITIONS:
        if transition not in everywhere and transition.before is not transition.after:
            arrows[transition.before, transition.after].append(transition.event.value)
    diagram = [
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> bot",
        *(f"    {before.value} --> {after.value}: {', '.join(events)}" for (before, after), events in arrows.items()),
        "    left --> [*]",
        "```",
    ]
    rows = [f"| {t.before.value} | {t.event.value} | {t.after.value} | {t.means} |" for t in TRANSITIONS if t not in everywhere]
    last = f"| any but left | {everywhere[0].event.value} | left | {everywhere[0].means} |"
    return "\n".join([*diagram, "", "| from | event | to | which means |", "|---|---|---|---|", *rows, last])


def page(text: str) -> str:
    """``text`` with the drawing between its marks."""
    before, rest = text.split(_BEGIN)
    _, after = rest.split(_END)
    return f"{before}{_BEGIN}\n\n{drawing()}\n\n{_END}{after}"


def main() -> int:
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
