"""The root of ``warifu-wallet``: what is mounted where.  A new command is one line in a table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runtime.commands import Entry, group

COMMANDS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "init": Entry("wallet.cli.setup:init", "Make an empty vault under a passphrase."),
        "accept": Entry("wallet.cli.receiving:accept", "Redeem an offer: fetch, verify and store one-time copies of each credential."),
        "list": Entry(
            "wallet.cli.keeping:list_copies",
            "List the copies: what they are, until when they are valid, whether they were shown; and what is still awaited.",
        ),
        "show": Entry("wallet.cli.keeping:show", "Show everything that one copy says."),
        "present": Entry("wallet.cli.showing:present", "Check a verifier's request, ask for consent, and show what was agreed to."),
        "history": Entry(
            "wallet.cli.keeping:history",
            "Show to whom something was shown, when, for what, and which claims; the values are not kept.",
        ),
        "refresh": Entry(
            "wallet.cli.receiving:refresh",
            "Fetch what the issuer had deferred, and new copies of everything else; the old copies are then forgotten.",
        ),
        "export": Entry(
            "wallet.cli.keeping:export",
            "Write one copy, without its holder key, to a file: compact SD-JWT VC text or base64url IssuerSigned.",
        ),
        "delete": Entry("wallet.cli.keeping:delete", "Forget a copy and its key, or everything held. What a verifier has seen stays seen."),
        "vectors": Entry("wallet.cli.vectors:vectors", "Run test vectors: every case of our kinds must come out as it says."),
    }
)
TRUST: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "add": Entry("wallet.cli.setup:trust_add", "Trust a root certificate for the purposes named, and for nothing else."),
        "list": Entry("wallet.cli.setup:trust_list", "List whom the wallet trusts, and for what."),
    }
)

app = group("割符 Warifu: the wallet – holds a resident's credentials and shows what the holder agrees to. 実証用。", COMMANDS)
app.add_typer(group("Whom the wallet trusts.", TRUST), name="trust")
