"""The written form of a trust anchor: a PEM certificate and a TOML text of the same name with its rules."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from schemas.errors import WarifuError
from schemas.formats.flat_toml import dump_toml
from schemas.trust.anchors import TrustAnchor, TrustPurpose

ANCHOR_FOLDER: Final = "anchors"
_OPTIONS: Final = ("municipality", "profile", "pinned", "status_policy", "max_list_bytes")
_MEMBERS: Final = frozenset({"purposes", "status_origins", *_OPTIONS})


def read_anchor(name: str, rules: str, pem: bytes) -> TrustAnchor:
    """Return the anchor of a TOML text and a PEM certificate.

    Args:
        name: of the file, for the message.

    Raises:
        WarifuError: ``anchor_unreadable`` or ``bad_anchor``.
    """
    try:
        return anchor_of(x509.load_pem_x509_certificate(pem), tomllib.loads(rules))
    except ValueError as error:
        raise WarifuError(
            "anchor_unreadable", f"the anchor {name} or its certificate cannot be read", hint="add it again with trust add", layer="policy"
        ) from error


def anchor_of(certificate: x509.Certificate, rules: Mapping[str, Any]) -> TrustAnchor:
    """Return the anchor for a certificate and its rules.

    Raises:
        WarifuError: ``bad_anchor`` for an unknown key, purpose or value.
    """
    unknown = rules.keys() - _MEMBERS
    if unknown:
        raise bad_anchor(f"the key {min(unknown)} is not known")
    options: dict[str, Any] = {name: rules[name] for name in _OPTIONS if name in rules}
    origins = frozenset(rules.get("status_origins", []))
    return TrustAnchor(purposes=parse_purposes(rules.get("purposes", [])), certificate=certificate, status_origins=origins, **options)


def parse_purposes(names: Sequence[str]) -> frozenset[TrustPurpose]:
    """Return the purposes of those names; raises ``bad_anchor``."""
    try:
        return frozenset(TrustPurpose(name) for name in names)
    except ValueError as error:
        raise bad_anchor("a purpose is issuer, status, reader, attester or metadata") from error


def one_certificate(pem: bytes) -> x509.Certificate:
    """Return the only certificate of a PEM text; raises ``anchor_unreadable``."""
    try:
        certificates = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise WarifuError(
            "anchor_unreadable", "the file holds no certificate in PEM", hint="name the PEM file of the root", layer="policy"
        ) from error
    if len(certificates) != 1:
        raise WarifuError("anchor_unreadable", "the file holds more than one certificate", hint="add each root on its own", layer="policy")
    return certificates[0]


def anchor_files(certificate: x509.Certificate, rules: Mapping[str, Any]) -> tuple[str, bytes, bytes]:
    """Return the stem, the TOML and the PEM under which an anchor is kept, after checking that they make one.

    Raises:
        WarifuError: ``bad_anchor``, or ``config_invalid`` for a rule with control characters.
    """
    given = {name: value for name, value in rules.items() if value is not None}
    anchor_of(certificate, given)
    stem = hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()[:16]
    return stem, dump_toml(given), certificate.public_bytes(Encoding.PEM)


def bad_anchor(reason: str) -> WarifuError:
    """Return the error for rules that make no anchor (not raised here)."""
    return WarifuError(
        "bad_anchor", f"the trust anchor cannot be used: {reason}", hint="correct the anchor's settings", clause="design 3", layer="policy"
    )
