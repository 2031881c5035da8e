"""CDDL (RFC 8610) of the data elements that an mdoc of a type can hold, by namespace."""

from __future__ import annotations

from typing import Final

from schemas.credentials.claims import ClaimDefinition, Kind
from schemas.credentials.credential_type import CredentialType

_KIND_TYPES: Final = {
    Kind.TEXT: "tstr",
    Kind.DATE: "full-date",
    Kind.APPROXIMATE_DATE: "full-date / approximate-date",
    Kind.BOOL: "bool",
    Kind.INT: "int",
}

_COMMON_RULES: Final = """full-date = #6.1004(tstr)
approximate-date = {
  "birth_date" : full-date,
  "approximate_mask" : tstr .regexp "[01]{8}",
}
"""


def cddl(kind: CredentialType) -> str:
    """Return a CDDL text whose first rule is the map of namespaces to elements.

    Every element is optional, since a presentation holds those that were released; what each credential carries is said in
    a comment.
    """
    rule = kind.name.replace("-", "_")
    lines = [
        f"; {kind.doctype}: {kind.definition.label.en} ({kind.definition.label.ja})",
        "; Written from schemas/credentials by `python -m tests.generate`; do not edit.",
        "",
        f"{rule} = {{",
        *(f'  ? "{namespace}" : {_rule_of(kind, namespace)},' for namespace in kind.digest_counts_mdoc),
        "}",
    ]
    for namespace, count in kind.digest_counts_mdoc.items():
        lines += ["", f"; {count} digests, decoys included", f"{_rule_of(kind, namespace)} = {{"]
        lines += [line for claim in kind.claims for place, line in _elements(kind, claim) if place == namespace]
        lines.append("}")
    return "\n".join(lines) + "\n\n" + _COMMON_RULES


def _rule_of(kind: CredentialType, namespace: str) -> str:
    return "own-elements" if namespace == kind.doctype else "common-elements"


def _elements(kind: CredentialType, claim: ClaimDefinition) -> list[tuple[str, str]]:
    comment = claim.label.ja + ("; in every credential" if claim.mandatory else "")
    return [(namespace, f'  ? "{element}" : {element_type(claim)}, ; {comment}') for namespace, element in kind.places(claim)]


def element_type(claim: ClaimDefinition) -> str:
    """Return the CDDL type of one claim's value in an mdoc."""
    if claim.choices:
        return " / ".join(f'"{choice}"' if isinstance(choice, str) else str(choice) for choice in claim.choices)
    return _KIND_TYPES[claim.kind] + (f' .regexp "{claim.pattern}"' if claim.pattern else "")
