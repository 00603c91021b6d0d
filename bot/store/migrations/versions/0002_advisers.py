"""The way to a human: advisers, hand-offs, audit log, hours."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # "too high: rule en/..." is longer than what was counted before.
    with op.batch_alter_table("counter") as counter:
        counter.alter_column("name", existing_type=sa.String(40), type_=sa.String(80), existing_nullable=False)
    op.create_table(
        "adviser",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("login", sa.String(60), nullable=False, unique=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("role", sa.String(20), nullable=False),
        sa.Column("languages", sa.String(80), nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("present", sa.Boolean, nullable=False),
        sa.Column("password_hash", sa.String(120)),
        sa.Column("totp_secret", sa.LargeBinary(120)),
        sa.Column("totp_used", sa.Integer, nullable=False),
        sa.Column("enrolment_hash", sa.LargeBinary(32)),
        sa.Column("enrolment_until", _MOMENT),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("locked_until", _MOMENT),
        sa.Column("left_at", _MOMENT),
    )
    op.create_table(
        "handoff",
        sa.Column("conversation_id", sa.String(36), sa.ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("reason", sa.String(20)),
        sa.Column("level", sa.String(12), nullable=False),
        sa.Column("topic", sa.String(40), nullable=False),
        sa.Column("waiting_since", _MOMENT),
        sa.Column("adviser_id", sa.String(36), sa.ForeignKey("adviser.id")),
        sa.Column("proposed_to", sa.String(36), sa.ForeignKey("adviser.id")),
        sa.Column("proposed_at", _MOMENT),
        sa.Column("warm", sa.Boolean, nullable=False),
        sa.Column("joined", sa.Boolean, nullable=False),
        sa.Column("outcome", sa.String(40)),
        sa.Column("told_waiting", sa.Boolean, nullable=False),
    )
    op.create_index("ix_handoff_state", "handoff", ["state"])
    op.create_index("ix_handoff_adviser_id", "handoff", ["adviser_id"])
    for table, key in (("recovery_code", "hash"), ("sign_in", "token_hash")):
        moments = [sa.Column(name, _MOMENT, nullable=False) for name in ("begun_at", "seen_at") if table == "sign_in"]
        op.create_table(
            table,
            sa.Column(key, sa.LargeBinary(32), primary_key=True),
            sa.Column("adviser_id", sa.String(36), sa.ForeignKey("adviser.id", ondelete="CASCADE"), nullable=False),
            *moments,
        )
        op.create_index(f"ix_{table}_adviser_id", table, ["adviser_id"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("adviser_id", sa.String(36)),
        sa.Column("act", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(36), nullable=False),
    )
    op.create_table(
        "desk_day",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("what", sa.String(20), primary_key=True),
        sa.Column("level", sa.String(12), primary_key=True),
        sa.Column("language", sa.String(8), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "service_hours",
        sa.Column("language", sa.String(8), primary_key=True),
        sa.Column("rule", sa.Text, nullable=False),
    )
    op.create_table(
        "switch",
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("since", _MOMENT, nullable=False),
        sa.Column("adviser_id", sa.String(36), nullable=False),
    )
    op.create_table(
        "helpdesk",
        sa.Column("token", sa.String(36), primary_key=True),
        sa.Column("conversation_id", sa.String(36), sa.ForeignKey("conversation.id", ondelete="SET NULL"), unique=True),
        sa.Column("contact", sa.String(40)),
        sa.Column("source", sa.String(80)),
        sa.Column("thread", sa.String(40)),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("level", sa.String(12), nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
    )
    op.create_index("ix_helpdesk_thread", "helpdesk", ["thread"])
