"""SD-JWT VC type metadata of a credential type (SD-JWT VC section on type metadata), served at its ``vct``."""

from __future__ import annotations

from typing import Any

from schemas.credentials.claims import LOCALES, ClaimDefinition, Text
from schemas.credentials.credential_type import CredentialType

TEXT_COLOR = "#ffffff"


def type_metadata(kind: CredentialType) -> dict[str, Any]:
    """Return the type metadata document; its ``vct`` is the type's."""
    label, description = kind.definition.label, kind.definition.description
    return {
        "vct": kind.vct,
        "name": label.en,
        "description": description.en,
        "display": [
            {
                "locale": locale,
                "name": label.in_locale(locale),
                "description": description.in_locale(locale),
                "rendering": {"simple": {"background_color": kind.definition.background_color, "text_color": TEXT_COLOR}},
            }
            for locale in LOCALES
        ],
        "claims": _claims(kind),
    }


def _claims(kind: CredentialType) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    seen: set[str] = set()
    for claim in kind.sd_jwt_claims:
        group = claim.path[0]
        if len(claim.path) > 1 and group not in seen:
            seen.add(group)
            entries.append(_group_entry(group, kind.definition.objects[group], claim))
        entries.append(_entry(claim.path, claim.label, claim.description, claim))
    return entries


def _group_entry(group: str, texts: tuple[Text, Text], first: ClaimDefinition) -> dict[str, Any]:
    """An object stands or falls with its parts: what holds for the first holds for it."""
    return _entry((group,), texts[0], texts[1], first)


def _entry(path: tuple[str, ...], label: Text, description: Text, claim: ClaimDefinition) -> dict[str, Any]:
    display = [{"locale": locale, "label": label.in_locale(locale), "description": description.in_locale(locale)} for locale in LOCALES]
    return {"path": list(path), "display": display, "mandatory": claim.mandatory, "sd": "never" if claim.always else "always"}
