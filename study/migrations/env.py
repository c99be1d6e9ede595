"""Runs the migrations in versions/ on the connection that study/workbook/store.py hands over, in its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
