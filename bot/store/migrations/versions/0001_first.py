"""Conversations, messages, counters, offers."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "conversation",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("secret_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(76), nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("owner", sa.String(80), nullable=False),
        sa.Column("active_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_conversation_active_at", "conversation", ["active_at"])
    op.create_table(
        "message",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("conversation_id", sa.String(36), sa.ForeignKey("conversation.id", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("client_id", sa.String(36)),
        sa.Column("answers", sa.String(36)),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("conversation_id", "client_id"),
        sa.UniqueConstraint("conversation_id", "position"),
    )
    op.create_index("ix_message_answers", "message", ["answers"])
    op.create_table(
        "counter",
        sa.Column("week", sa.Date, primary_key=True),
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("language", sa.String(8), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "offer",
        sa.Column("id", sa.String(80), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
    )
    op.create_table(
        "import",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
    )
