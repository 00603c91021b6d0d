"""The tables. What stands here is all that is stored: `/promises.json` is generated from it.

No address, agent, referrer or page is stored anywhere; words only under a conversation's own key; times to the quarter of an hour.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, DateTime, ForeignKey, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables."""


class ConversationRow(Base):
    """One conversation. Its words can be read with ``wrapped_key`` and the master key only; deleting destroys the row."""

    __tablename__ = "conversation"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, doc="random; given to the person's page only")
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32), doc="SHA-256 of the 256-bit secret that the page holds")
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary(76), doc="the conversation's own key, under the master key")
    language: Mapped[str] = mapped_column(String(8), doc="the language answered in")
    owner: Mapped[str] = mapped_column(String(80), default="bot", doc="who answers: bot, queue or an adviser")
    active_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True, doc="last message, to the quarter of an hour")


class MessageRow(Base):
    """One message, of the person or to the person. ``body`` is JSON under the conversation's key."""

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("conversation_id", "client_id"), UniqueConstraint("conversation_id", "position"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True, doc="random")
    conversation_id: Mapped[str] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"), doc="its conversation")
    position: Mapped[int] = mapped_column(Integer, doc="its place in the conversation")
    client_id: Mapped[str | None] = mapped_column(String(36), doc="the page's own id of a message, so that a resend is harmless")
    answers: Mapped[str | None] = mapped_column(String(36), index=True, doc="the client_id that this message answers")
    body: Mapped[bytes] = mapped_column(LargeBinary, doc="redacted text, buttons and cards, encrypted (AES-GCM)")


class CounterRow(Base):
    """How often something happened in a week: all that is left of a conversation."""

    __tablename__ = "counter"

    week: Mapped[date] = mapped_column(Date, primary_key=True, doc="the week's Monday")
    name: Mapped[str] = mapped_column(String(40), primary_key=True, doc="what is counted: conversations, deleted, a level")
    language: Mapped[str] = mapped_column(String(8), primary_key=True, doc="the language")
    count: Mapped[int] = mapped_column(Integer, default=0, doc="how often")


class OfferRow(Base):
    """One offer or line, as imported from knowledge/offers.csv. Public knowledge, nothing about persons."""

    __tablename__ = "offer"

    id: Mapped[str] = mapped_column(String(80), primary_key=True, doc="the row's id")
    position: Mapped[int] = mapped_column(Integer, doc="its place in the file")
    content: Mapped[str] = mapped_column(Text, doc="the row's columns, as JSON")


class ImportRow(Base):
    """Which file the offers were imported from."""

    __tablename__ = "import"

    name: Mapped[str] = mapped_column(String(40), primary_key=True, doc="which file")
    digest: Mapped[str] = mapped_column(String(64), doc="SHA-256 of what was imported")
