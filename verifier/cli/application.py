"""The root of ``warifu-verifier``: what is mounted where.  A new command is one line in a table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

import typer

from runtime.commands import Entry, group

COMMANDS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "init": Entry(
            "verifier.cli.setup:init", "Set up a verifier: key, store, TLS, purposes; with --registrar also its access certificate."
        ),
        "register": Entry(
            "verifier.cli.setup:register",
            "Ask the registrar for an access certificate and signed statements for all purposes; also to renew them.",
        ),
        "serve": Entry(
            "verifier.cli.serving:serve_verifier",
            "Serve wallets on the public listener and the relying party's own systems on the back office.",
        ),
        "result": Entry(
            "verifier.cli.requesting:result",
            "Read the result of a request; its claims are deleted by the reading. Exit 3 while there is none.",
        ),
        "vectors": Entry("verifier.cli.vectors:vectors", "Run test vectors: every case of our kinds must come out as it says."),
    }
)
REQUEST: Final[Mapping[str, Entry]] = MappingProxyType(
    {"create": Entry("verifier.cli.requesting:create", "Create one request for one wallet and print its link.")}
)
TRUST: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "add": Entry("verifier.cli.trust:trust_add", "Trust a root certificate for the purposes named, and for nothing else."),
        "list": Entry("verifier.cli.trust:trust_list", "List whom this verifier trusts, and for what."),
    }
)
KEYS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "create": Entry("verifier.cli.keys:key_create", "Make a key for the back office and show it once."),
        "list": Entry("verifier.cli.keys:key_list", "List the keys of the back office: who, what, since when; never the keys."),
        "revoke": Entry("verifier.cli.keys:key_revoke", "End a key of the back office."),
    }
)
PURPOSES: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "list": Entry("verifier.cli.purposes:list_purposes", "List the purposes: built in, and of this home."),
        "show": Entry("verifier.cli.purposes:show", "Show one purpose with the query that it becomes."),
        "lint": Entry(
            "verifier.cli.purposes:lint", "Check the file of a purpose: keys, texts in both languages, claims that the type has."
        ),
    }
)

app = group("割符 Warifu: the relying party – asks for credentials, verifies them, and keeps nothing of them. 実証用。", COMMANDS)
app.add_typer(group("Ask a wallet.", REQUEST), name="request")
app.add_typer(group("Whom this verifier trusts.", TRUST), name="trust")
app.add_typer(group("Scoped keys of the back office.", KEYS), name="keys")
app.add_typer(group("What may be asked for, and why.", PURPOSES), name="purposes")


@app.command("verify", context_settings={"ignore_unknown_options": True, "help_option_names": []})
def verify(
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="FILE --anchors PEM …", help="The file, and options of this command")
    ] = None,
) -> int:
    """Verify one credential or presentation from a file, offline; `verify --help` lists the options."""
    from verifier.cli.verify import main  # noqa: PLC0415 - normally answered before typer is loaded

    return main(arguments or [])
