"""Say how far a task is."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tasks", sa.Column("progress", sa.Double()))


def downgrade() -> None:
    op.drop_column("tasks", "progress")
