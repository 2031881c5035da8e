"""A page that lists every claim of every type with its places in both formats, for people who write requests."""

from __future__ import annotations

from typing import Final

from schemas.credentials.catalogue import Catalogue
from schemas.credentials.claims import AppliesTo, ClaimDefinition, SpecialRequest
from schemas.credentials.credential_type import CredentialType

_HEAD: Final = """# Claims of every credential type

Written from `schemas/credentials` by `python -m tests.generate`; a check fails when it drifts. Terms are in the
[glossary](glossary.md), the decisions in [ADR 6](adr/0006-credential-definitions.md).

- *always*: disclosed in every presentation. Everything else is disclosed one by one, with the holder's consent.
- *on special request*: in the credential only where the resident asked for it (住民基本台帳法12条5項).
- mdoc elements without a namespace stand in the docType's own.
"""

_RELEASE: Final = {
    SpecialRequest.HOUSEHOLDER: "on special request (世帯主・続柄)",
    SpecialRequest.REGISTERED_DOMICILE: "on special request (本籍・筆頭者)",
    SpecialRequest.RESIDENCE_STATUS: "on special request (国籍・在留)",
}
_WHO: Final = {AppliesTo.ALL: "", AppliesTo.JAPANESE: "Japanese", AppliesTo.FOREIGN: "foreign"}


def claims_table(catalogue: Catalogue) -> str:
    """Return the page in Markdown."""
    return "\n".join([_HEAD, *(_section(kind) for kind in catalogue.types)])


def _section(kind: CredentialType) -> str:
    counts = ", ".join(
        f"{'top level' if path == () else '.'.join(path)} {count}" for path, count in sorted(kind.digest_counts_sd_jwt.items())
    )
    spaces = ", ".join(f"`{namespace}` {count}" for namespace, count in kind.digest_counts_mdoc.items())
    lines = [
        f"## `{kind.name}`: {kind.definition.label.ja} ({kind.definition.label.en})",
        "",
        f"vct `{kind.vct}`, docType `{kind.doctype}`. Digests with decoys, SD-JWT VC: {counts}; mdoc: {spaces}.",
        "",
        "| SD-JWT VC path | mdoc element | 表示 | display | value | released | whose record |",
        "|---|---|---|---|---|---|---|",
        *(_row(kind, claim) for claim in kind.claims),
        "",
    ]
    return "\n".join(lines)


def _row(kind: CredentialType, claim: ClaimDefinition) -> str:
    path = f"`{claim.name}`" if claim.in_sd_jwt else "–"
    elements = "<br>".join(
        f"`{name}`" if namespace == kind.doctype else f"`{namespace}` `{name}`" for namespace, name in kind.places(claim)
    )
    value = ", ".join(str(choice) for choice in claim.choices) or claim.kind.value
    released = "always" if claim.always else _RELEASE[claim.special_request] if claim.special_request else "selectively"
    return f"| {path} | {elements} | {claim.label.ja} | {claim.label.en} | {value} | {released} | {_WHO[claim.applies_to]} |"
