"""The credential configurations of a front: every type of the catalogue in both formats."""

from __future__ import annotations

from typing import Any

from schemas.credentials import Catalogue
from schemas.credentials.outputs.issuer_metadata import claims_description, display_description
from schemas.messages.openid4vci import MSO_MDOC, SD_JWT_VC, build_configuration

SUFFIXES = {SD_JWT_VC: "sd-jwt", MSO_MDOC: "mdoc"}


def configuration_id(type_name: str, credential_format: str) -> str:
    """Return the configuration id of a type in a format, such as ``resident-record-sd-jwt``."""
    return f"{type_name}-{SUFFIXES[credential_format]}"


def configurations(catalogue: Catalogue) -> dict[str, dict[str, Any]]:
    """Return ``credential_configurations_supported`` for all types; the id is the scope, too."""
    found: dict[str, dict[str, Any]] = {}
    for kind in catalogue.types:
        for credential_format in SUFFIXES:
            name = configuration_id(kind.name, credential_format)
            found[name] = build_configuration(
                scope=name,
                credential_format=credential_format,
                type_name=kind.doctype if credential_format == MSO_MDOC else kind.vct,
                display=display_description(kind),
                claims=claims_description(kind, credential_format),
            )
    return found
