"""The tables. What stands here is all that is stored: `/promises.json` is generated from it.

No address, agent, referrer or page is stored anywhere; words only under a conversation's own key; times of words to
the quarter of an hour, of hand-offs, sign-ins and the console's log exactly.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, Date, DateTime, ForeignKey, Integer, LargeBinary, String, Text, UniqueConstraint
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
    name: Mapped[str] = mapped_column(String(80), primary_key=True, doc="what is counted: conversations, deleted, a level")
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


class HandoffRow(Base):
    """One conversation's way to a human (bot.advice.escalation.Case). No words. Goes with the conversation."""

    __tablename__ = "handoff"

    conversation_id: Mapped[str] = mapped_column(
        ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True, doc="its conversation"
    )
    version: Mapped[int] = mapped_column(Integer, doc="counts the moves: of two at the same moment one wins")
    state: Mapped[str] = mapped_column(String(12), index=True, doc="bot, offered, queued, adviser, closed, lost, expired")
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), doc="when it came to this state")
    reason: Mapped[str | None] = mapped_column(String(20), doc="asked, risk, not_understood, bot_failed, not_for_bot")
    level: Mapped[str] = mapped_column(String(12), doc="the highest danger seen")
    topic: Mapped[str] = mapped_column(String(40), doc="the latest topic, an id")
    waiting_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), doc="when first queued: the queue's order")
    adviser_id: Mapped[str | None] = mapped_column(ForeignKey("adviser.id"), index=True, doc="who has the conversation")
    proposed_to: Mapped[str | None] = mapped_column(ForeignKey("adviser.id"), doc="the colleague asked to take over")
    proposed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), doc="when the colleague was asked")
    warm: Mapped[bool] = mapped_column(Boolean, doc="the colleague may come in before she takes over")
    joined: Mapped[bool] = mapped_column(Boolean, doc="and has come in")
    outcome: Mapped[str | None] = mapped_column(String(40), doc="how it ended, a code")
    told_waiting: Mapped[bool] = mapped_column(Boolean, doc="whether the person was told that nobody has answered yet")


class AdviserRow(Base):
    """Somebody who signs in to the console."""

    __tablename__ = "adviser"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, doc="random")
    login: Mapped[str] = mapped_column(String(60), unique=True, doc="what is typed to sign in")
    name: Mapped[str] = mapped_column(String(40), doc="the first name that citizens see")
    role: Mapped[str] = mapped_column(String(20), doc="adviser, coordinator, editor or administrator")
    languages: Mapped[str] = mapped_column(String(80), doc="codes of the languages read, with spaces between")
    capacity: Mapped[int] = mapped_column(Integer, doc="how many conversations at a time")
    present: Mapped[bool] = mapped_column(Boolean, doc="chosen: takes conversations now")
    password_hash: Mapped[str | None] = mapped_column(String(120), doc="argon2id")
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary(120), doc="second factor, under the master key")
    totp_used: Mapped[int] = mapped_column(Integer, doc="the latest time step that was used: a code works once")
    enrolment_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), doc="SHA-256 of the one-time enrolment code")
    enrolment_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), doc="until when that works")
    failed: Mapped[int] = mapped_column(Integer, doc="wrong sign-ins in a row")
    locked_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), doc="no sign-in before")
    left_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), doc="when access was ended")


class RecoveryCodeRow(Base):
    """A code that replaces the second factor once."""

    __tablename__ = "recovery_code"

    hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True, doc="SHA-256 of the code")
    adviser_id: Mapped[str] = mapped_column(ForeignKey("adviser.id", ondelete="CASCADE"), index=True, doc="whose")


class SignInRow(Base):
    """One browser in which an adviser is signed in."""

    __tablename__ = "sign_in"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True, doc="SHA-256 of the cookie")
    adviser_id: Mapped[str] = mapped_column(ForeignKey("adviser.id", ondelete="CASCADE"), index=True, doc="whose")
    begun_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), doc="ten hours from here it ends")
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), doc="thirty idle minutes from here it ends")


class AuditRow(Base):
    """What an adviser did, and with which conversation. No words."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True, doc="counts up")
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), doc="when")
    adviser_id: Mapped[str | None] = mapped_column(String(36), doc="who; empty where nobody was recognised")
    act: Mapped[str] = mapped_column(String(40), doc="what, a code")
    subject: Mapped[str] = mapped_column(String(36), doc="the conversation or adviser that it was done to")


class ServiceHoursRow(Base):
    """When advisers answer."""

    __tablename__ = "service_hours"

    language: Mapped[str] = mapped_column(String(8), primary_key=True, doc="for which language; empty for all others")
    rule: Mapped[str] = mapped_column(Text, doc="OpenStreetMap's opening_hours")


class DeskDayRow(Base):
    """How often something happened at the desk on one day; gone after two."""

    __tablename__ = "desk_day"

    day: Mapped[date] = mapped_column(Date, primary_key=True, doc="the day")
    what: Mapped[str] = mapped_column(String(20), primary_key=True, doc="queued, closed, or picked up within so many minutes")
    level: Mapped[str] = mapped_column(String(12), primary_key=True, doc="the danger seen")
    language: Mapped[str] = mapped_column(String(8), primary_key=True, doc="the language")
    count: Mapped[int] = mapped_column(Integer, doc="how often")


class SwitchRow(Base):
    """What a coordinator has set by hand."""

    __tablename__ = "switch"

    name: Mapped[str] = mapped_column(String(60), primary_key=True, doc="which: closed, or a call for a colleague")
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), doc="when")
    adviser_id: Mapped[str] = mapped_column(String(36), doc="by whom")


class HelpdeskRow(Base):
    """Which conversation is which at a helpdesk, where one is used. No words. Stays until it is deleted there too."""

    __tablename__ = "helpdesk"

    token: Mapped[str] = mapped_column(String(36), primary_key=True, doc="random; all that the helpdesk calls the person")
    conversation_id: Mapped[str | None] = mapped_column(
        ForeignKey("conversation.id", ondelete="SET NULL"), unique=True, doc="its conversation; empty once that is deleted"
    )
    contact: Mapped[str | None] = mapped_column(String(40), doc="the helpdesk's id of the nameless contact")
    source: Mapped[str | None] = mapped_column(String(80), doc="the helpdesk's id of that contact in the inbox")
    thread: Mapped[str | None] = mapped_column(String(40), index=True, doc="the helpdesk's id of the conversation")
    sent: Mapped[int] = mapped_column(Integer, doc="how many messages it has got")
    level: Mapped[str] = mapped_column(String(12), doc="the danger that it was told")
    open: Mapped[bool] = mapped_column(Boolean, doc="whether it is open there")
