"""What an issuer's metadata says of a type: ``credential_metadata`` of OpenID4VCI 1.0 12.2.4 and appendix B."""

from __future__ import annotations

from typing import Any

from schemas.credentials.claims import LOCALES, ClaimDefinition
from schemas.credentials.credential_type import MSO_MDOC, CredentialType
from schemas.credentials.outputs.type_metadata import TEXT_COLOR


def display_description(kind: CredentialType) -> list[dict[str, Any]]:
    """Return ``display``: name, description and colours of the card by locale."""
    return [
        {"locale": locale, **kind.display(locale), "background_color": kind.definition.background_color, "text_color": TEXT_COLOR}
        for locale in LOCALES
    ]


def claims_description(kind: CredentialType, format_name: str) -> list[dict[str, Any]]:
    """Return ``claims`` for ``dc+sd-jwt`` or ``mso_mdoc``: one entry a claim path or element."""
    if format_name == MSO_MDOC:
        return [_entry(list(place), claim) for claim in kind.claims for place in kind.places(claim)]
    return [_entry(list(claim.path), claim) for claim in kind.sd_jwt_claims]


def _entry(path: list[str], claim: ClaimDefinition) -> dict[str, Any]:
    display = [{"locale": locale, "name": claim.label.in_locale(locale)} for locale in LOCALES]
    return {"path": path, "mandatory": claim.mandatory, "display": display}
