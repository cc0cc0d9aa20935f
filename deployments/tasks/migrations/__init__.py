"""Schema history (Alembic). Run by `deployments.tasks.database.migrate`."""
