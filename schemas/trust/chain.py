"""From a presented chain to an identified signer (RFC 5280 6.1, HAIP 1.0 6.1.1, ISO/IEC 18013-5 9.3).

The path itself (names, signatures, authority, path length, name constraints, critical extensions) is proved by
``cryptography.x509.verification``; what this ecosystem demands beyond it is checked here and in
:mod:`schemas.trust.profiles` (docs/adr/0003).  Everything but the clock is cached under the bytes of the chain; the
times of every certificate are compared again at each use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import Criticality, ExtensionPolicy, Policy, PolicyBuilder, Store, VerificationError

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode
from schemas.trust.anchors import Anchors, TrustAnchor, TrustPurpose, check_time_argument
from schemas.trust.profiles import chain_error, check_leaf, read_leaf

MAX_CERTIFICATES: Final = 4
MAX_CERTIFICATE_BYTES: Final = 8 * 1024
CACHED_CHAINS: Final = 2048

#: First and last instant, both inclusive.
Window = tuple[datetime, datetime]
_ALWAYS: Final[Window] = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True, slots=True, eq=False)
class SignerIdentity:
    """Who signed, as far as certificates tell.

    Attributes:
        public_key: the key that must have made the signature.
        certificate: the leaf; None where a bare key is the anchor.
        anchor: the anchor under which the signer is trusted, with its rules.
        municipality: the six digits certified for the signer, where there are any.
        issuer_uris: the URIs of the leaf's subjectAltName.
        organization: the subject's organisation, for display.
        authority_key_ids: base64url key identifiers of the authorities on the path (OpenID4VP 6.1.1.1).
        leaf_window: notBefore and notAfter of the leaf; unbounded for a bare key.
        path_window: the time in which every certificate of the path, anchor included, is valid.
    """

    public_key: ec.EllipticCurvePublicKey
    certificate: x509.Certificate | None
    anchor: TrustAnchor
    municipality: str | None
    issuer_uris: tuple[str, ...]
    organization: str = ""
    authority_key_ids: frozenset[str] = frozenset()
    leaf_window: Window = _ALWAYS
    path_window: Window = _ALWAYS


def check_chain(chain_der: Sequence[bytes], *, anchors: Anchors, purpose: TrustPurpose, at: datetime) -> SignerIdentity:
    """Return who stands behind ``chain_der``, or refuse.

    Args:
        chain_der: DER certificates, leaf first, the anchor not among them; empty only where a bare key is the anchor.
        anchors: what is trusted; an empty set trusts nothing.
        purpose: what the signer wants to have signed.
        at: the time of verification, aware.

    Raises:
        WarifuError: of layer ``chain``: ``chain_too_long``, ``certificate_too_large``, ``bad_certificate``,
            ``chain_missing``, ``leaf_self_signed``, ``anchor_in_chain``, ``chain_untrusted``, ``chain_broken``,
            ``chain_order``, ``certificate_expired``, ``certificate_not_yet_valid`` or a code of
            :func:`schemas.trust.profiles.check_leaf`.
    """
    identity = identify_signer(tuple(chain_der), anchors, purpose)
    check_path_times(identity, at)
    return identity


def check_path_times(identity: SignerIdentity, at: datetime) -> None:
    """Every certificate of the path is valid at ``at``, the anchor's included (A29)."""
    check_time_argument(at)
    start, end = identity.path_window
    if at < start:
        raise chain_error("certificate_not_yet_valid", "a certificate of the chain is not valid yet", clause="RFC 5280 6.1.3")
    if at > end:
        raise chain_error(
            "certificate_expired", "a certificate of the chain has expired", hint="the signer must renew it", clause="RFC 5280 6.1.3"
        )


@lru_cache(maxsize=CACHED_CHAINS)
def identify_signer(chain_der: tuple[bytes, ...], anchors: Anchors, purpose: TrustPurpose) -> SignerIdentity:
    """Do all that does not depend on the time; as :func:`check_chain` but for the two errors about time.

    Only chains that pass are cached, so that hostile input cannot fill the cache.
    """
    check_chain_size(chain_der)
    if not chain_der:
        return _bare_key(anchors, purpose)
    certificates = _load_certificates(chain_der)
    for anchor in anchors.for_purpose(purpose):
        if anchor.pinned and anchor.certificate == certificates[0]:
            return _pinned_signer(certificates[0], anchor)
    check_not_self_signed(certificates[0])
    check_anchor_absent(certificates, anchors)
    anchor = _find_anchor(certificates, anchors.for_purpose(purpose))
    return _signer(certificates, anchor, purpose)


def check_chain_size(chain_der: Sequence[bytes]) -> None:
    """At most four certificates of at most 8 KiB, before any of them is parsed (A27)."""
    if len(chain_der) > MAX_CERTIFICATES:
        raise chain_error("chain_too_long", f"the chain has more than {MAX_CERTIFICATES} certificates")
    if any(len(der) > MAX_CERTIFICATE_BYTES for der in chain_der):
        raise chain_error("certificate_too_large", f"a certificate is larger than {MAX_CERTIFICATE_BYTES} bytes")


def _load_certificates(chain_der: Sequence[bytes]) -> list[x509.Certificate]:
    return [load_certificate(der) for der in chain_der]


def load_certificate(der: bytes) -> x509.Certificate:
    """Read one certificate as a whole, so that nothing later can fail on a part that was read late.

    Raises:
        WarifuError: ``bad_certificate`` where any part is malformed or an extension is there twice (RFC 5280 4.1, 4.2).
    """
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = (certificate.version, certificate.subject, certificate.issuer, certificate.extensions, certificate.signature_hash_algorithm)
        _ = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    except _UNREADABLE as error:
        raise _bad_certificate() from error
    if certificate.serial_number <= 0:
        raise _bad_certificate()
    return certificate


#: What reading raises; the warnings only where the process was told to raise them.
_UNREADABLE: Final = (
    ValueError,
    UserWarning,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)


def _bad_certificate() -> WarifuError:
    return chain_error("bad_certificate", "a certificate of the chain cannot be read", clause="RFC 5280 4.1")


def _bare_key(anchors: Anchors, purpose: TrustPurpose) -> SignerIdentity:
    keys = [anchor for anchor in anchors.for_purpose(purpose) if anchor.jwk is not None]
    if len(keys) != 1 or keys[0].jwk is None:
        raise chain_error(
            "chain_missing", "the signer sent no certificate chain", hint="send x5c or x5chain, leaf first", clause="HAIP 1.0 6.1.1"
        )
    return SignerIdentity(keys[0].jwk, None, keys[0], keys[0].municipality, ())


def _pinned_signer(leaf: x509.Certificate, anchor: TrustAnchor) -> SignerIdentity:
    facts = read_leaf(leaf, leaf.extensions)
    window = _window([leaf])
    municipality = anchor.municipality or facts.municipality
    return SignerIdentity(
        facts.public_key, leaf, anchor, municipality, facts.issuer_uris, facts.organization, _key_ids([leaf]), window, window
    )


def check_not_self_signed(leaf: x509.Certificate) -> None:
    """The signer's certificate was issued by somebody else (HAIP 1.0 6.1.1, A27)."""
    if leaf.subject == leaf.issuer:
        raise chain_error("leaf_self_signed", "the signer's certificate is self-signed", clause="HAIP 1.0 6.1.1")


def check_anchor_absent(certificates: Sequence[x509.Certificate], anchors: Anchors) -> None:
    """The verifier has the anchor already; a chain that brings it along is refused (HAIP 1.0 6.1.1)."""
    if any(anchor.certificate in certificates for anchor in anchors if anchor.certificate is not None and not anchor.pinned):
        raise chain_error(
            "anchor_in_chain", "the chain contains the trust anchor", hint="leave the root out of x5c or x5chain", clause="HAIP 1.0 6.1.1"
        )


def _find_anchor(certificates: Sequence[x509.Certificate], anchors: Sequence[TrustAnchor]) -> TrustAnchor:
    """Return the anchor that the chain ends in; authorities may share a name while a root is being renewed."""
    failure = chain_error(
        "chain_untrusted",
        "the chain ends in no trusted anchor of this purpose",
        hint="add the authority as an anchor, if it is to be trusted",
    )
    for anchor in anchors:
        if anchor.certificate is None or anchor.pinned or anchor.certificate.subject != certificates[-1].issuer:
            continue
        try:
            check_path(certificates, anchor.certificate)
        except WarifuError as error:
            failure = error
        else:
            return anchor
    raise failure


def check_path(certificates: Sequence[x509.Certificate], root: x509.Certificate) -> None:
    """Prove that each certificate was issued by the next and the last by ``root`` (RFC 5280 6.1, A27, A30).

    The time used here is the first instant in which the whole path is valid; the real time is compared at each use.
    """
    start, end = _window([*certificates, root])
    if start > end:
        raise chain_error("chain_broken", "the certificates of the chain are never valid together")
    builder = PolicyBuilder().store(Store([root])).time(start).max_chain_depth(MAX_CERTIFICATES)
    builder = builder.extension_policies(ca_policy=_CA_POLICY, ee_policy=ExtensionPolicy.permit_all())
    try:
        proved = builder.build_client_verifier().verify(certificates[0], list(certificates[1:]))
    except (VerificationError, ValueError) as error:
        raise chain_error("chain_broken", "the chain does not lead to its anchor", hint="check signatures and authority") from error
    check_order(certificates, proved.chain[:-1])


def check_order(sent: Sequence[x509.Certificate], proved: Sequence[x509.Certificate]) -> None:
    """The chain was sent leaf first, each followed by its issuer, and nothing else besides (RFC 7515 4.1.6)."""
    if list(sent) != list(proved):
        raise chain_error("chain_order", "the chain is not in order or holds unrelated certificates", clause="RFC 7515 4.1.6")


def check_authority_key_usage(_policy: Policy, _certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    """An authority may sign certificates (RFC 5280 4.2.1.3); a callback of the path builder, hence ``ValueError``."""
    if not usage.key_cert_sign:
        raise ValueError("the authority's key usage is not keyCertSign")


def _require_authority_key_usage(policy: Policy, certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    check_authority_key_usage(policy, certificate, usage)


_CA_POLICY: Final = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
    .require_present(x509.KeyUsage, Criticality.AGNOSTIC, _require_authority_key_usage)
)


def _signer(certificates: Sequence[x509.Certificate], anchor: TrustAnchor, purpose: TrustPurpose) -> SignerIdentity:
    leaf = certificates[0]
    facts = check_leaf(leaf, leaf.extensions, anchor=anchor, purpose=purpose)
    path = [*certificates, anchor.certificate] if anchor.certificate is not None else certificates
    return SignerIdentity(
        facts.public_key,
        leaf,
        anchor,
        facts.municipality,
        facts.issuer_uris,
        facts.organization,
        _key_ids(certificates),
        _window([leaf]),
        _window(path),
    )


def _window(certificates: Sequence[x509.Certificate]) -> Window:
    start = max(certificate.not_valid_before_utc for certificate in certificates)
    return start, min(certificate.not_valid_after_utc for certificate in certificates)


def _key_ids(certificates: Sequence[x509.Certificate]) -> frozenset[str]:
    found = set()
    for certificate in certificates:
        try:
            identifier = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        except x509.ExtensionNotFound:
            continue
        if identifier is not None:
            found.add(b64url_encode(identifier))
    return frozenset(found)
