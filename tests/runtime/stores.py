"""A store with the shared tables, as an organisation would have it."""

from __future__ import annotations

import sqlalchemy as sa

from runtime import outbox, single_use
from runtime.store import begin, open_engine

NOTES = sa.Table("notes", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("text", sa.Text, unique=True))


def make_store(url: str) -> sa.Engine:
    """Open ``url`` and create single_use, outbox and a table of notes."""
    engine = open_engine(url)
    with begin(engine) as connection:
        for table in (single_use.table(sa.MetaData()), outbox.table(sa.MetaData()), NOTES):
            table.create(connection)
    return engine
