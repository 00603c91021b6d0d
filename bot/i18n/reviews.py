"""Who has read a translation. It stands in the catalog itself, as a translator's comment of the entry:

    # native: KH 2026-12-01 1a2b3c4d

The last word is a digest of the words that were read: when the translation changes, the signature no longer counts.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date

from babel.messages.catalog import Catalog, Message

_SIGNATURE = re.compile(r"native: (?P<who>.+) \d{4}-\d\d-\d\d (?P<digest>[0-9a-f]{8})")
# What may decide over someone's safety is read by two.
_SAFETY = re.compile(r"response utter_(risk|error)_|card|page")


def digest(message: Message) -> str:
    """Of the translation's words."""
    return hashlib.sha256(str(message.string).encode()).hexdigest()[:8]


def signature(message: Message, who: str, on: date) -> str:
    """The comment that says that ``who``, a native speaker, has read ``message``."""
    return f"native: {who} {on.isoformat()} {digest(message)}"


def readers(message: Message) -> set[str]:
    """The native speakers who have read the words as they are now."""
    found = (_SIGNATURE.fullmatch(comment.strip()) for comment in message.user_comments)
    return {match["who"] for match in found if match and match["digest"] == digest(message)}


def wanted(message: Message) -> int:
    """How many native readers the entry needs."""
    return 2 if _SAFETY.match(message.context or "page") else 1


def unread(catalog: Catalog) -> Iterator[Message]:
    """The entries that too few native speakers have read."""
    return (message for message in catalog if message.id and len(readers(message)) < wanted(message))
