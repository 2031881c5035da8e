"""Options that several commands share, and opening the vault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from runtime import console
from wallet.vault.vault import Vault, opened

Home = Annotated[Path, typer.Option("--home", envvar="WARIFU_HOME", help="Folder of this wallet")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON")]
PassphraseFd = Annotated[int | None, typer.Option("--passphrase-fd", help="Read the passphrase from this file descriptor")]


@contextmanager
def open_vault_of(home: Path, passphrase_fd: int | None) -> Iterator[Vault]:
    """Ask for the passphrase and open the vault for this process alone."""
    passphrase = console.read_secret(passphrase_fd, console.words(ja="パスフレーズ", en="Passphrase"))
    with opened(home, passphrase) as vault:
        yield vault
