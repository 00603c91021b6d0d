"""Keeps Danish words and numbers readable inside text that runs from right to left (Unicode's bidirectional algorithm, UAX 9)."""

from __future__ import annotations

import re

_LEFT_TO_RIGHT, _AS_FIRST_LETTER, _END = "\u2066", "\u2068", "\u2069"
_ARGUMENT = re.compile(r"(\{\w+\})")
_LATIN = r"[A-Za-z\u00C0-\u024F]"
# From the first Latin letter or digit to the last one before the other script goes on; what stands between belongs to it.
_RUN = re.compile(rf"(?:{_LATIN}|\d)(?:[^\W\d_](?<={_LATIN})|[\d .,:;'’&/+§»«\"-])*(?<=[A-Za-z\u00C0-\u024F\d])")


def isolated(text: str) -> str:
    """``text`` with every run that holds Latin letters, or several numbers, isolated; ``{arguments}`` are left alone."""
    return "".join(part if _ARGUMENT.fullmatch(part) else _RUN.sub(_marked, part) for part in _ARGUMENT.split(text))


def isolated_value(value: str) -> str:
    """A value that is put into a text of unknown direction."""
    return f"{_AS_FIRST_LETTER}{value}{_END}"


def plain(text: str) -> str:
    """``text`` without the marks, as one would type it."""
    return re.sub(f"[{_LEFT_TO_RIGHT}{_AS_FIRST_LETTER}{_END}]", "", text)


def _marked(match: re.Match[str]) -> str:
    run = match.group()
    return f"{_LEFT_TO_RIGHT}{run}{_END}" if re.search(rf"{_LATIN}|\d\D+\d", run) else run
