"""The tables. `migrations/` builds them; a test holds both to the same shape."""

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)


class Characters(TypeDecorator[str]):
    """Text both databases take. PostgreSQL refuses NUL, and neither takes half a surrogate pair; both come from clients
    in paths and names, where they must find nothing rather than raise."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text with what no database takes replaced."""
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


class LongCharacters(Characters):
    """`Characters` of any length."""

    impl = Text
    cache_ok = True


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


def _only(condition: str) -> dict[str, Any]:
    """Makes an index hold only the rows that meet the condition, on both databases."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


_OPEN = _only("ready_at IS NOT NULL")
_OF_CASE = _only("case_id IS NOT NULL")


def _json() -> JSON:
    """JSON text on both databases: it keeps key order, and NUL in a client's text, which a text column refuses."""
    return JSON(none_as_null=True)


cases = Table(
    "cases",
    metadata,
    Column("id", Characters(36), primary_key=True),
    Column("tenant", Characters(255), nullable=False),
    Column("meta_data", _json(), nullable=False),
    # Who hears of its end unless an analysis request names another. No foreign key: endpoints come and go.
    Column("endpoint_id", Characters(36)),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    # Only of a case that must leave nothing behind: when it goes in any case, should its request have died.
    Column("expires_at", Double),
    Index("ix_cases_tenant", "tenant", "id"),
    Index("ix_cases_updated", "updated_at"),
    Index("ix_cases_expires", "expires_at", **_only("expires_at IS NOT NULL")),
)
"""Folders of media and the tasks made of them."""

case_media = Table(
    "case_media",
    metadata,
    Column("id", Characters(36), primary_key=True),
    Column("case_id", Characters(36), ForeignKey("cases.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Characters(16), nullable=False),
    Column("mime", Characters(64), nullable=False),
    Column("blob", Characters(128), nullable=False),
    Column("thumb", Characters(128), nullable=False),
    Column("sha256", Characters(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("name", Characters(255), nullable=False),
    Column("tags", _json(), nullable=False),
    Column("meta_data", _json(), nullable=False),
    Column("info", _json(), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Index("ix_case_media_case", "case_id", "id"),
)

case_hooks = Table(
    "case_hooks",
    metadata,
    Column("case_id", Characters(36), ForeignKey("cases.id", ondelete="CASCADE"), primary_key=True),
    Column("endpoint_id", Characters(36), primary_key=True),
)
"""Endpoints still to be told when every task of the case has ended; the row goes when they are."""

tasks = Table(
    "tasks",
    metadata,
    Column("id", Characters(36), primary_key=True),
    Column("tenant", Characters(255), nullable=False),
    Column("facade", Characters(32), nullable=False),
    Column("service", Characters(64), nullable=False),
    Column("event", Characters(64)),
    Column("media", _json(), nullable=False),
    Column("options", _json(), nullable=False),
    Column("additional_info", _json()),
    Column("state", Characters(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    # When the task may be claimed: queued, its not-before; running, the end of its lease; NULL when it has ended.
    Column("ready_at", Double),
    Column("lease", Characters(32)),
    Column("worker", Characters(255)),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("finished_at", Double),
    Column("error_code", Characters(64)),
    Column("error", LongCharacters),
    Column("report", _json()),
    Column("artifacts", _json()),
    # The media role that the error is about.
    Column("error_subject", Characters(64)),
    # No foreign key, here and below: SQLite can add none to a table that others refer to. `cases` deletes them all.
    Column("case_id", Characters(36)),
    # Of the attempt that runs, or ran last: the share of the work that is done.
    Column("progress", Double),
    # Holds only open tasks, so an idle claim reads nothing however many results are kept.
    Index("ix_tasks_open", "id", "ready_at", **_OPEN),
    Index("ix_tasks_open_tenant", "tenant", **_OPEN),
    Index("ix_tasks_tenant", "tenant", "id"),
    Index("ix_tasks_finished", "finished_at", **_only("finished_at IS NOT NULL")),
    Index("ix_tasks_case", "case_id", "id", **_OF_CASE),
)

blobs = Table(
    "blobs",
    metadata,
    Column("key", Characters(128), primary_key=True),
    Column("task_id", Characters(36), ForeignKey("tasks.id", ondelete="CASCADE")),
    Column("purpose", Characters(16), nullable=False),
    Column("case_id", Characters(36)),
    Index("ix_blobs_task", "task_id"),
    Index("ix_blobs_case", "case_id", **_OF_CASE),
)
"""Which task, or which case, owns which blob: what erasure must delete, and what the sweeper must leave alone."""

audit = Table(
    "audit",
    metadata,
    Column("id", Characters(36), primary_key=True),
    Column("at", Double, nullable=False),
    Column("action", Characters(32), nullable=False),
    Column("tenant", Characters(255), nullable=False),
    Column("task_id", Characters(36), nullable=False),
    Column("service", Characters(64), nullable=False),
    Index("ix_audit_tenant", "tenant", "id"),
)

accounts = Table(
    "accounts",
    metadata,
    Column("name", Characters(255), primary_key=True),
    Column("password_hash", Characters(255), nullable=False),
    Column("created_at", Double, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("jti", Characters(64), primary_key=True),
    Column("account", Characters(255), ForeignKey("accounts.name", ondelete="CASCADE"), nullable=False),
    Column("claims", _json(), nullable=False),
    Column("issued_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("revoked_at", Double),
    Index("ix_tokens_account", "account"),
)

sessions = Table(
    "sessions",
    metadata,
    # Both tokens are kept as digests only.
    Column("access_hash", Characters(64), primary_key=True),
    Column("expire_hash", Characters(64), nullable=False),
    # The same for every pair that a session is refreshed with.
    Column("session_id", Characters(36), nullable=False),
    Column("account", Characters(255), ForeignKey("accounts.name", ondelete="CASCADE"), nullable=False),
    Column("life_s", Double, nullable=False),
    Column("used", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Index("uq_sessions_expire", "expire_hash", unique=True),
    Index("ix_sessions_session", "session_id"),
    Index("ix_sessions_account", "account"),
)

endpoints = Table(
    "endpoints",
    metadata,
    Column("id", Characters(36), primary_key=True),
    Column("tenant", Characters(255), nullable=False),
    Column("event", Characters(64), nullable=False),
    Column("url", LongCharacters, nullable=False),
    Column("secret", Characters(128), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("created_at", Double, nullable=False),
    Index("uq_endpoints_url", "tenant", "event", "url", unique=True),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Characters(40), primary_key=True),
    Column("task_id", Characters(36), ForeignKey("tasks.id", ondelete="CASCADE"), nullable=False),
    # No foreign key: what became of a delivery stays visible after its endpoint was removed.
    Column("endpoint_id", Characters(36), nullable=False),
    Column("tenant", Characters(255), nullable=False),
    Column("event", Characters(64), nullable=False),
    Column("state", Characters(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    # When it may be claimed: its next attempt, or the end of the lease of the attempt under way; NULL when ended.
    Column("ready_at", Double),
    Column("lease", Characters(32)),
    Column("worker", Characters(255)),
    Column("status", Integer),
    Column("error", Characters(255)),
    Column("created_at", Double, nullable=False),
    Column("finished_at", Double),
    Index("uq_deliveries_task", "task_id", "endpoint_id", unique=True),
    Index("ix_deliveries_open", "ready_at", **_OPEN),
    Index("ix_deliveries_endpoint", "endpoint_id"),
    Index("ix_deliveries_tenant", "tenant", "id"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("scope", Characters(512), primary_key=True),
    Column("key", Characters(255), primary_key=True),
    Column("token", Characters(32), nullable=False),
    Column("finished", Boolean, nullable=False),
    Column("fingerprint", Characters(64)),
    Column("status", Integer),
    Column("content_type", Characters(128)),
    Column("body", LargeBinary),
    # A stored reply may hold results: it goes with the task or case it speaks of.
    Column("task_id", Characters(36), ForeignKey("tasks.id", ondelete="CASCADE")),
    Column("expires_at", Double, nullable=False),
    Column("case_id", Characters(36)),
    Index("ix_idempotency_expires", "expires_at"),
    Index("ix_idempotency_case", "case_id", **_OF_CASE),
    Index("ix_idempotency_task", "task_id", **_only("task_id IS NOT NULL")),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", Characters(64), primary_key=True),
    Column("expires_at", Double, nullable=False),
    Index("ix_tickets_expires", "expires_at"),
)
"""Tickets that were used. Without a task: erasing the task must not make its ticket good again."""

galleries = Table(
    "galleries",
    metadata,
    Column("id", Characters(36), primary_key=True),
    Column("tenant", Characters(255), nullable=False),
    Column("gallery", Characters(255), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Index("uq_galleries_name", "tenant", "gallery", unique=True),
)

gallery_faces = Table(
    "gallery_faces",
    metadata,
    Column("id", Characters(36), primary_key=True),
    Column("gallery_id", Characters(36), ForeignKey("galleries.id", ondelete="CASCADE"), nullable=False),
    Column("subject", Characters(255), nullable=False),
    Column("embedding", LargeBinary, nullable=False),
    Index("ix_gallery_faces_subject", "gallery_id", "subject"),
)
