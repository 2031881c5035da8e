"""``keys``: who may call the back office."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from runtime import clock, console
from runtime.settings import load_settings
from runtime.store import begin, migrate, open_engine, read
from verifier.cli.options import Home
from verifier.keys import create_key, list_keys, revoke_key
from verifier.settings import VerifierSettings
from verifier.store.tables import PACKAGE


def key_create(
    home: Home,
    actor: Annotated[str, typer.Option("--actor", help="Who will use it, as the audit names it")],
    scope: Annotated[list[str], typer.Option("--scope", help="verify or sessions; may be repeated")],
) -> None:
    """Make a key for the back office and show it once."""
    with begin(_engine(home)) as connection:
        console.print_line(create_key(connection, actor=actor, scopes=scope, at=clock.now()))


def key_list(home: Home) -> None:
    """List the keys of the back office: who, what, since when; never the keys."""
    with read(_engine(home)) as connection:
        console.print_json(list_keys(connection))


def key_revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="Id of the key, as keys list shows it; not the key")], home: Home
) -> None:
    """End a key of the back office."""
    with begin(_engine(home)) as connection:
        revoke_key(connection, key_id, at=clock.now())


def _engine(home: Path) -> Engine:
    engine = open_engine(load_settings(VerifierSettings, home).store_url)
    migrate(engine, PACKAGE)
    return engine
