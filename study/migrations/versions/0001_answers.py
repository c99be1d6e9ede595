"""The student's answers, every version of them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("student", sa.String(200), primary_key=True),
        sa.Column("question", sa.String(100), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("points", sa.Text, nullable=False),
        sa.Column("saved", sa.String(40), nullable=False),
    )
