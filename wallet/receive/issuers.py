"""Whom a code may be sent to: trusted issuers, and none but their own endpoints (threat rows C05, C07)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from cryptography import x509

from schemas.errors import WarifuError
from schemas.messages.openid4vci import CredentialOffer, IssuerMetadata
from schemas.trust import Anchors, TrustAnchor, TrustPurpose

FORMATS = frozenset({"dc+sd-jwt", "mso_mdoc"})


#: How an issuer's metadata came: signed and checked; unsigned, though a signature could have been checked; or the wallet
#: trusts no signer of it and did not ask for one.
Statement = Literal["signed", "unsigned", "not-asked"]


@dataclass(frozen=True, slots=True)
class IssuerEndpoints:
    """What the wallet learned of an issuer, checked against the issuer it was fetched for."""

    metadata: IssuerMetadata
    token_endpoint: str
    statement: Statement = "not-asked"


def check_issuer_trusted(issuer: str, anchors: Anchors) -> None:
    """Refuse an issuer that no trusted root speaks for, before anything is sent to it (threat row C05).

    A root speaks for the address in its issuerAltName, and for the origins that its anchor names.

    Raises:
        WarifuError: ``issuer_not_trusted``.
    """
    if not any(_speaks_for(anchor, issuer) for anchor in anchors.for_purpose(TrustPurpose.ISSUER)):
        raise WarifuError(
            "issuer_not_trusted",
            "no trusted root speaks for the issuer of this offer; nothing was sent to it",
            hint="if you know the issuer, add its root: warifu-wallet trust add FILE.pem --purpose issuer --municipality CODE",
            clause="OpenID4VCI 1.0 13.6.2",
            layer="policy",
        )


def metadata_anchors(issuer: str, anchors: Anchors) -> Anchors:
    """Return the anchors under which metadata of this issuer may be signed: those that speak for it (A28)."""
    return Anchors(anchor for anchor in anchors.for_purpose(TrustPurpose.METADATA) if _speaks_for(anchor, issuer))


def _speaks_for(anchor: TrustAnchor, issuer: str) -> bool:
    if origin(issuer) in anchor.status_origins:
        return True
    return any(uri == issuer or (not urlsplit(uri).path.strip("/") and origin(uri) == origin(issuer)) for uri in _own_addresses(anchor))


def _own_addresses(anchor: TrustAnchor) -> list[str]:
    if anchor.certificate is None:
        return []
    try:
        names = anchor.certificate.extensions.get_extension_for_class(x509.IssuerAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [uri for uri in names.get_values_for_type(x509.UniformResourceIdentifier) if uri.startswith("https://")]


def origin(url: str) -> str:
    """Return scheme, host and port of a URL, the default port left out."""
    parts = urlsplit(url)
    port = "" if parts.port in (None, 443) else f":{parts.port}"
    return f"{parts.scheme}://{(parts.hostname or '').lower()}{port}"


def authorization_server_of(metadata: IssuerMetadata, named: str | None) -> str:
    """Return the authorization server to use: the one that the offer names, which the issuer must know (4.1.1).

    Raises:
        WarifuError: ``authorization_server_unknown``.
    """
    known = metadata.authorization_servers or (metadata.credential_issuer,)
    check_server_known(named, known)
    return named or known[0]


def check_server_known(named: str | None, known: Sequence[str]) -> None:
    """An offer cannot send the code to an authorization server that its issuer does not name (threat row C07)."""
    if named is not None and named not in known:
        raise WarifuError(
            "authorization_server_unknown",
            "the offer names an authorization server that its issuer does not know",
            hint="do not use this offer",
            clause="OpenID4VCI 1.0 4.1.1",
            layer="protocol",
        )


def check_own_endpoints(owner: str, endpoints: Iterable[str | None]) -> None:
    """Every endpoint lies at the origin of whom it belongs to, so that no metadata leads code or token elsewhere (C07)."""
    if any(endpoint is not None and origin(endpoint) != origin(owner) for endpoint in endpoints):
        raise WarifuError(
            "endpoint_elsewhere",
            "the issuer's metadata names an endpoint at another origin",
            hint="do not use this issuer: its metadata is wrong or was mixed with another's",
            clause="OpenID4VCI 1.0 12.2.4",
            layer="protocol",
        )


def check_configurations(metadata: IssuerMetadata, configuration_ids: Iterable[str]) -> None:
    """Everything offered is described, of a format that we know, and asks for a proof that we can give.

    Raises:
        WarifuError: ``configuration_unknown``, ``format_unsupported``, ``proof_unsupported``.
    """
    for identifier in configuration_ids:
        found = metadata.configurations.get(identifier)
        if found is None:
            raise _unusable("configuration_unknown", "the offer names a credential that the issuer does not describe", "4.1.1")
        if found.format not in FORMATS or found.type is None:
            raise _unusable("format_unsupported", "the offered credential has a format that this wallet does not know", "12.2.4")
        if "ES256" not in found.proof_algs or found.key_attestation_required:
            raise _unusable("proof_unsupported", "the issuer wants a key proof that this wallet cannot give", "12.2.4")


def _unusable(code: str, message: str, section: str) -> WarifuError:
    return WarifuError(code, message, hint="ask the issuer for another offer", clause=f"OpenID4VCI 1.0 {section}", layer="protocol")


def check_offer(offer: CredentialOffer, tx_code: str | None) -> PreparedCode:
    """Return what redeems the offer, after checking as much of it as can be checked before it is sent.

    Raises:
        WarifuError: ``offer_without_code``, ``tx_code_needed``, ``tx_code_malformed`` where the code cannot be the one
            that the offer describes: a wrong one would cost one of a few tries.
    """
    if offer.pre_authorized_code is None:
        raise WarifuError(
            "offer_without_code", "the offer has no pre-authorized code", hint="ask for another offer", clause="OpenID4VCI 1.0 4.1.1"
        )
    rule = offer.tx_code
    if rule is None:
        return PreparedCode(offer.pre_authorized_code, None)
    if not tx_code:
        raise WarifuError("tx_code_needed", "the offer needs a transaction code", hint="enter the code you were told, or use --tx-code-fd")
    wrong_length = rule.length is not None and len(tx_code) != rule.length
    if wrong_length or (rule.input_mode == "numeric" and not (tx_code.isascii() and tx_code.isdigit())):
        raise WarifuError(
            "tx_code_malformed",
            "the transaction code is not of the form that the offer describes; it was not sent",
            hint=f"it has {rule.length} digits" if rule.input_mode == "numeric" and rule.length else "type it as you were told",
            clause="OpenID4VCI 1.0 4.1.1",
        )
    return PreparedCode(offer.pre_authorized_code, tx_code)


@dataclass(frozen=True, slots=True)
class PreparedCode:
    """The code of an offer, with the transaction code where one is wanted."""

    code: str
    tx_code: str | None
