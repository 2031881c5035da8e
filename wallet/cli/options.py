"""Options that several commands share, and opening the vault."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from runtime import clock, console
from schemas.errors import WarifuError
from wallet.vault.vault import Vault, check_vault_there, opened

Home = Annotated[Path, typer.Option("--home", envvar="WARIFU_HOME", help="Folder of this wallet")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON")]
#: What counts as a yes; a key that was hit by chance does not.
YES = frozenset({"y", "yes", "ｙ", "はい"})
PassphraseFd = Annotated[int | None, typer.Option("--passphrase-fd", help="Read the passphrase from this file descriptor")]


@contextmanager
def open_vault_of(home: Path, passphrase_fd: int | None) -> Iterator[Vault]:
    """Ask for the passphrase and open the vault for this process alone."""
    check_vault_there(home)
    passphrase = console.read_secret(passphrase_fd, console.words(ja="パスフレーズ", en="Passphrase"))
    with opened(home, passphrase) as vault:
        if vault.rolled_back:
            _warn_of_rollback()
            vault.spend_everything(clock.now())
        yield vault


def _warn_of_rollback() -> None:
    console.print_note(
        console.words(
            ja="警告: この保管庫は、ここで最後に保存されたものより古い版です。"
            "すべての控えを提示済みとみなします。refresh で新しい控えを受け取ってください。",
            en="Warning: this vault is older than the last one saved here. Every copy counts as shown; fetch new ones with refresh.",
        )
    )


def confirmed(question: str, yes: bool) -> bool:
    """Ask the holder on stderr, unless the answer was given on the command line; anything but a yes is a no."""
    if yes:
        return True
    print(f"{console.safe_text(question)} [y/N]: ", end="", file=sys.stderr, flush=True)  # noqa: T201 - no line end before the answer
    return sys.stdin.readline().strip().lower() in YES


def line_of_stdin(argument: str) -> str:
    """Return the argument, or for ``-`` one line of standard input; raises ``input_missing``."""
    text = sys.stdin.readline().strip() if argument == "-" else argument.strip()
    if not text:
        raise WarifuError("input_missing", "standard input holds no link", hint="pipe the link in, or give it as argument")
    return text
