"""One entry of ``credential_configurations_supported`` (OpenID4VCI 1.0 12.2.4, A.2.2, A.3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from schemas.messages.members import Members

SD_JWT_VC: Final = "dc+sd-jwt"
MSO_MDOC: Final = "mso_mdoc"
ES256_COSE: Final = -7
_CLAUSE: Final = "OpenID4VCI 1.0 12.2.4"


@dataclass(frozen=True, slots=True)
class CredentialConfiguration:
    """One kind of credential that an issuer offers; ``type`` is ``vct`` or ``doctype``, None for foreign formats."""

    id: str
    format: str
    type: str | None
    scope: str | None = None
    binding_methods: tuple[str, ...] = ()
    proof_algs: tuple[str, ...] = ()
    key_attestation_required: bool = False
    display: tuple[Mapping[str, Any], ...] = ()
    claims: tuple[Mapping[str, Any], ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


def build_configuration(
    *, scope: str, credential_format: str, type_name: str, display: list[dict[str, Any]], claims: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return a configuration entry for one of our two formats, bound to a P-256 key that is proven by ``jwt``.

    Args:
        scope: the configuration id is used as scope.
        credential_format: ``dc+sd-jwt`` or ``mso_mdoc``.
        type_name: ``vct`` or ``doctype``.
        display: name objects by locale.
        claims: claim descriptions with ``path`` and ``display``.
    """
    mdoc = credential_format == MSO_MDOC
    return {
        "format": credential_format,
        "doctype" if mdoc else "vct": type_name,
        "scope": scope,
        "cryptographic_binding_methods_supported": ["cose_key" if mdoc else "jwk"],
        "credential_signing_alg_values_supported": [ES256_COSE] if mdoc else ["ES256"],
        "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
        "credential_metadata": {"display": display, "claims": claims},
    }


def parse_configuration(name: str, obj: object) -> CredentialConfiguration:
    """Read one configuration; unknown formats and members are kept, not refused.

    ``display`` and ``claims`` are also read where drafts before 1.0 had them, beside ``credential_metadata``, but never in
    the older form of an object.

    Raises:
        WarifuError: ``bad_issuer_metadata`` where a known format lacks its type or a member is of another kind.
    """
    entry = _members(obj, "credential configuration")
    format_ = entry.text("format")
    binding = entry.optional_texts("cryptographic_binding_methods_supported")
    proofs = entry.optional_object("proof_types_supported")
    metadata = _members(entry.optional_object("credential_metadata") or {}, "credential_metadata")
    jwt = _jwt_proof(proofs)
    return CredentialConfiguration(
        id=name,
        format=format_,
        type=_type_of(entry, format_),
        scope=entry.optional_text("scope"),
        binding_methods=binding,
        proof_algs=() if jwt is None else jwt.texts("proof_signing_alg_values_supported"),
        key_attestation_required=jwt is not None and jwt.has("key_attestations_required"),
        display=metadata.optional_objects("display") or entry.optional_objects("display"),
        claims=metadata.optional_objects("claims", max_items=1024) or entry.optional_objects("claims", max_items=1024),
        raw=entry.raw,
    )


def _type_of(entry: Members, format_: str) -> str | None:
    if format_ == SD_JWT_VC:
        return entry.text("vct")
    if format_ == MSO_MDOC:
        return entry.text("doctype")
    return None


def _jwt_proof(proofs: dict[str, Any] | None) -> Members | None:
    return None if proofs is None or "jwt" not in proofs else _members(proofs["jwt"], "proof type jwt")


def _members(obj: object, what: str) -> Members:
    return Members(obj, code="bad_issuer_metadata", what=what, clause=_CLAUSE)
