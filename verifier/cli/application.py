"""The root of ``warifu-verifier``: what is mounted where."""

from __future__ import annotations

from typing import Annotated

import typer

from verifier.cli import purposes, requesting, serving, setup, vectors

app = typer.Typer(
    help="割符 Warifu: the relying party – asks for credentials, verifies them, and keeps nothing of them. 実証用。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_request = typer.Typer(help="Ask a wallet.", no_args_is_help=True)
_trust = typer.Typer(help="Whom this verifier trusts.", no_args_is_help=True)
_keys = typer.Typer(help="Scoped keys of the back office.", no_args_is_help=True)
_purposes = typer.Typer(help="What may be asked for, and why.", no_args_is_help=True)


@_request.callback()
def _request_group() -> None:
    """Ask a wallet."""


app.command("init")(setup.init)
app.command("register")(setup.register)
app.command("serve")(serving.serve_verifier)
app.command("result")(requesting.result)
app.command("vectors")(vectors.vectors)
_request.command("create")(requesting.create)
_trust.command("add")(setup.trust_add)
_trust.command("list")(setup.trust_list)
_keys.command("create")(setup.key_create)
_keys.command("list")(setup.key_list)
_keys.command("revoke")(setup.key_revoke)
_purposes.command("list")(purposes.list_purposes)
_purposes.command("show")(purposes.show)
_purposes.command("lint")(purposes.lint)
app.add_typer(_request, name="request")
app.add_typer(_trust, name="trust")
app.add_typer(_keys, name="keys")
app.add_typer(_purposes, name="purposes")


@app.command("verify", context_settings={"ignore_unknown_options": True, "help_option_names": []})
def verify(arguments: Annotated[list[str] | None, typer.Argument(metavar="FILE --anchors PEM …")] = None) -> int:
    """Verify one credential or presentation from a file, offline; `verify --help` lists the options."""
    from verifier.cli.verify import main  # noqa: PLC0415 - normally answered before typer is loaded

    return main(arguments or [])
