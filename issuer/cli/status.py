"""`warifu-issuer status`: copies and lists of the inner side, and revoking by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from issuer.municipality import audit
from issuer.municipality.credentials.reserve import revoke_copies
from issuer.municipality.office import open_office
from issuer.municipality.status.account import account, copies_of, copy_named
from issuer.municipality.status.allocate import close_lists
from runtime import clock, console
from runtime.store import begin, read

app = typer.Typer(help="Copies and status lists.", no_args_is_help=True)
Home = Annotated[Path, typer.Option("--home", envvar="WARIFU_HOME", help="Home of the inner side")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON")]


@app.command()
def show(
    home: Home,
    resident: Annotated[str | None, typer.Option("--resident", help="宛名番号: list this person's copies")] = None,
    as_json: AsJson = False,
) -> None:
    """Show counts and lists, or every copy of one resident."""
    office = open_office(home)
    with read(office.engine) as connection:
        totals = account(connection)
        copies = copies_of(connection, resident) if resident else []
    if as_json:
        console.print_json(
            {**totals.model_dump(mode="json"), **({"resident_copies": [c.model_dump(mode="json") for c in copies]} if resident else {})}
        )
        return
    table = Table(title=console.words(ja="資格証明の状態", en="Copies and lists"))
    if resident:
        for heading in ("id", "type", "format", "state", "valid until"):
            table.add_column(heading, overflow="fold")
        for copy in copies:
            table.add_row(copy.credential_id[:12], copy.type, copy.format, copy.state, f"{copy.valid_until:%Y-%m-%d}")
    else:
        for heading in ("list", "kind", "assigned", "revoked", "published"):
            table.add_column(heading)
        for one in totals.lists:
            table.add_row(one.list_id, one.kind, str(one.assigned), str(one.revoked), str(one.published_iat or "-"))
    Console().print(table)


@app.command()
def revoke(credential: Annotated[str, typer.Argument(help="Id of the copy, as `status show --resident` lists it")], home: Home) -> None:
    """Revoke one copy; the next tick publishes it. A revocation is never taken back."""
    office = open_office(home)
    at = clock.now()
    with begin(office.engine) as connection:
        copy_named(connection, credential)
        revoke_copies(connection, [credential], at=at)
        audit.record(connection, at=at, actor="cli", action="copy_revoked", subject=credential)
    console.print_line(console.words(ja="失効させました。", en="Revoked."))


@app.command("close-lists")
def close_lists_command(home: Home) -> None:
    """Give out no further index of today's lists: after a restore from a backup, before the server starts again."""
    office = open_office(home)
    at = clock.now()
    with begin(office.engine) as connection:
        count = close_lists(connection, at=at)
        audit.record(connection, at=at, actor="cli", action="status_lists_closed", subject="status", detail={"lists": count})
    console.print_line(console.words(ja=f"状態リストを閉じました: {count} 件", en=f"Status lists closed: {count}"))


@app.command()
def explain(credential: Annotated[str, typer.Argument(help="Id of the copy")], home: Home, as_json: AsJson = False) -> None:
    """Tell what happened to one copy, from the audit log; no reason ever leaves the issuer."""
    office = open_office(home)
    with read(office.engine) as connection:
        state = copy_named(connection, credential)
        entries = audit.entries_about(connection, credential)
    if as_json:
        console.print_json({"credential_id": credential, "state": state, "entries": entries})
        return
    console.print_line(state)
    for entry in entries:
        console.print_line(f"  {entry['at']}  {entry['action']}  {entry['actor']}")
