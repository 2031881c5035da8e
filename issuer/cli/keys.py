"""`warifu-issuer keys` and `audit`: the office's signing keys, and its log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from rich.console import Console
from rich.table import Table

from issuer.keys import KeyRole, rotate
from issuer.keys.keyring import list_keys
from issuer.municipality import audit as audit_log
from issuer.municipality.office import open_office
from runtime import clock, console
from runtime.store import begin, read

app = typer.Typer(help="Signing keys of this office.", no_args_is_help=True)
audit_app = typer.Typer(help="The audit log of the inner side.", no_args_is_help=True)
Home = Annotated[Path, typer.Option("--home", envvar="WARIFU_HOME", help="Home of the inner side")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON")]


@app.command("list")
def list_command(home: Home, as_json: AsJson = False) -> None:
    """List every key with its role and life."""
    office = open_office(home)
    with read(office.engine) as connection:
        keys = list_keys(connection)
    if as_json:
        console.print_json(keys)
        return
    table = Table(title=console.words(ja="署名鍵", en="Signing keys"))
    for heading in ("key", "role", "not after", "state"):
        table.add_column(heading, overflow="fold")
    for key in keys:
        table.add_row(str(key["key_id"]), str(key["role"]), str(key["not_after"]), str(key["state"]))
    Console().print(table)


@app.command("rotate")
def rotate_command(
    role: Annotated[KeyRole, typer.Option("--role", help="Which signer gets a new key")],
    home: Home,
    passphrase_fd: Annotated[int | None, typer.Option("--passphrase-fd", help="Read the passphrase of the keys from here")] = None,
) -> None:
    """Make and certify a new key for one role; what was issued before stays valid. Restart the server to use it."""
    office = open_office(home)
    passphrase = console.read_secret(passphrase_fd, console.words(ja="鍵のパスフレーズ", en="Passphrase of the keys"))
    at = clock.now()
    with begin(office.engine) as connection:
        certificate = rotate(connection, office.keys_folder, role, office.authority, passphrase=passphrase, at=at)
        audit_log.record(connection, at=at, actor="cli", action="key_rotated", subject=str(role))
    console.print_line(_one_line(role, certificate))


def _one_line(role: KeyRole, certificate: x509.Certificate) -> str:
    return f"{role}: {certificate.not_valid_before_utc:%Y-%m-%d} – {certificate.not_valid_after_utc:%Y-%m-%d}"


@audit_app.command("verify")
def verify_command(home: Home) -> None:
    """Check every link of the chain of entries."""
    office = open_office(home)
    with read(office.engine) as connection:
        count = audit_log.verify_chain(connection)
    console.print_line(console.words(ja=f"{count} 件、連鎖は正しい。", en=f"{count} entries, the chain holds."))


@audit_app.command("export")
def export_command(home: Home) -> None:
    """Print every entry as JSON; ids only, no personal data."""
    office = open_office(home)
    with read(office.engine) as connection:
        console.print_json(audit_log.entries_about(connection, None))
