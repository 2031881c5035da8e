"""All commands of the wallet, put together."""

from __future__ import annotations

import typer

from wallet.cli import keeping, receiving, setup, showing

app = typer.Typer(
    name="warifu-wallet",
    help="Holds a resident's credentials and shows them (割符ウォレット). Reference implementation for pilots. 実証用。",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
trust = typer.Typer(help="Whom the wallet trusts.", no_args_is_help=True)
trust.command("add")(setup.trust_add)
trust.command("list")(setup.trust_list)
app.command("init")(setup.init)
app.add_typer(trust, name="trust")
app.command("accept")(receiving.accept)
app.command("refresh")(receiving.refresh)
app.command("list")(keeping.list_copies)
app.command("show")(keeping.show)
app.command("export")(keeping.export)
app.command("delete")(keeping.delete)
app.command("history")(keeping.history)
app.command("present")(showing.present)
