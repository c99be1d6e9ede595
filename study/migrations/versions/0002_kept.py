"""What else is kept of a student: values by name."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "kept",
        sa.Column("student", sa.String(200), primary_key=True),
        sa.Column("item", sa.String(100), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
