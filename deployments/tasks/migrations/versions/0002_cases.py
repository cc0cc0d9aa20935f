"""Lay cases, their media and sessions, and let a task name what its error is about."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _cases()
    _sessions()
    op.add_column("tasks", sa.Column("error_subject", sa.String(length=64), nullable=True))
    # A blob belongs to a task or to a case. Nothing refers to this table, so SQLite may lay it anew.
    with op.batch_alter_table("blobs") as blobs:
        blobs.alter_column("task_id", existing_type=sa.String(length=36), nullable=True)
    for table, *further in (("tasks", "id"), ("blobs",), ("idempotency",)):
        op.add_column(table, sa.Column("case_id", sa.String(length=36), nullable=True))
        op.create_index(
            f"ix_{table}_case",
            table,
            ["case_id", *further],
            unique=False,
            sqlite_where=sa.text("case_id IS NOT NULL"),
            postgresql_where=sa.text("case_id IS NOT NULL"),
        )


def _cases() -> None:
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("tenant", sa.String(length=255), nullable=False),
        sa.Column("meta_data", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("endpoint_id", sa.String(length=36), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_cases"),
    )
    op.create_index("ix_cases_tenant", "cases", ["tenant", "id"], unique=False)
    op.create_index("ix_cases_updated", "cases", ["updated_at"], unique=False)
    op.create_index(
        "ix_cases_expires",
        "cases",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("expires_at IS NOT NULL"),
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_table(
        "case_media",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("mime", sa.String(length=64), nullable=False),
        sa.Column("blob", sa.String(length=128), nullable=False),
        sa.Column("thumb", sa.String(length=128), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("tags", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("meta_data", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("info", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_media_case_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_case_media"),
    )
    op.create_index("ix_case_media_case", "case_media", ["case_id", "id"], unique=False)
    op.create_table(
        "case_hooks",
        sa.Column("case_id", sa.String(length=36), nullable=False),
        sa.Column("endpoint_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_hooks_case_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_id", "endpoint_id", name="pk_case_hooks"),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("access_hash", sa.String(length=64), nullable=False),
        sa.Column("expire_hash", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("account", sa.String(length=255), nullable=False),
        sa.Column("life_s", sa.Double(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.name"], name="fk_sessions_account", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("access_hash", name="pk_sessions"),
    )
    op.create_index("uq_sessions_expire", "sessions", ["expire_hash"], unique=True)
    op.create_index("ix_sessions_session", "sessions", ["session_id"], unique=False)
    op.create_index("ix_sessions_account", "sessions", ["account"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("folders and sessions have no place in the older schema: restore a backup instead")
