"""Runs the migrations on the connection that `deployments.tasks.database.migrate` holds under its lock."""

from alembic import context

from deployments.tasks.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
