"""The root of `warifu-issuer`: what is mounted where.  A new group or command is one line in a table.

A module is imported only when one of its commands is called, so that no command pays for the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from runtime.commands import Entry, group

GROUPS: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "residents": Entry("issuer.cli.residents:app", "The register (住民基本台帳): residents, households and their history."),
        "offer": Entry("issuer.cli.offer:app", "Offers (交付の申込み): what a resident's wallet redeems."),
        "status": Entry("issuer.cli.status:app", "Copies and status lists."),
        "keys": Entry("issuer.cli.keys:app", "Signing keys of this office."),
        "audit": Entry("issuer.cli.keys:audit_app", "The audit log of the inner side."),
        "vectors": Entry("issuer.cli.vectors:vectors", "Run test vectors: every case of our kinds must come out as it says."),
    }
)
#: By the name of the actor that is set up or served.
INIT: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "inner": Entry(
            "issuer.cli.init_inner:init_inner",
            "Set up the inner side: root, document signer, status signer, metadata signer, staff key, client certificate.",
        ),
        "front": Entry(
            "issuer.cli.init_front:init_front",
            "Set up the public side: it holds offers, tokens and published status lists, and no record or credential key.",
        ),
        "registrar": Entry(
            "issuer.cli.init_registrar:init_registrar",
            "Set up the registrar: it certifies relying parties, lists issuers and serves the type catalogue.",
        ),
    }
)
SERVE: Final[Mapping[str, Entry]] = MappingProxyType(
    {
        "inner": Entry(
            "issuer.cli.serve_inner:serve_inner",
            "Serve the staff network; pull issuance jobs from the front, revoke what changed, publish status lists, sign the metadata.",
        ),
        "front": Entry(
            "issuer.cli.serve_front:serve_front",
            "Serve the public side: OpenID4VCI for wallets, status lists for everybody, one mutual-TLS listener for the inner side.",
        ),
        "registrar": Entry(
            "issuer.cli.serve_registrar:serve_registrar",
            "Serve the registrar: the public register, the trust list, the type catalogue and the back office.",
        ),
    }
)

app = group("割符 Warifu: the issuing side – a municipality, its front, and the trust services.", GROUPS)
app.add_typer(group("Set up an actor's home.", INIT), name="init")
app.add_typer(group("Serve an actor until told to stop.", SERVE), name="serve")
