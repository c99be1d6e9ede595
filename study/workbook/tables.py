"""The workbook's tables, as the migrations leave them."""

import sqlalchemy as sa

tables = sa.MetaData()
ANSWERS = sa.Table(
    "answers",
    tables,
    sa.Column("student", sa.String(200), primary_key=True),
    sa.Column("question", sa.String(100), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("points", sa.Text, nullable=False),  # a sorted JSON list of strings
    sa.Column("saved", sa.String(40), nullable=False),  # ISO 8601, UTC
)
KEPT = sa.Table(
    "kept",
    tables,
    sa.Column("student", sa.String(200), primary_key=True),
    sa.Column("item", sa.String(100), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
PICTURES = sa.Table(
    "pictures",
    tables,
    sa.Column("student", sa.String(200), primary_key=True),
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),  # SHA-256 of data
    sa.Column("size", sa.Integer, nullable=False),  # bytes of data
    sa.Column("data", sa.LargeBinary, nullable=False),
    sa.Column("saved", sa.String(40), nullable=False),
)
