"""The verifier's trust anchors in its home: for each a PEM file and a TOML file of the same name with its rules.

An anchor is added by a person, with its purposes; nothing that is presented can add one.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from schemas.errors import WarifuError
from schemas.trust import Anchors, TrustAnchor, TrustPurpose

ANCHOR_FOLDER: Final = "anchors"
_MEMBERS: Final = frozenset({"purposes", "municipality", "profile", "pinned", "status_policy", "status_origins", "max_list_bytes"})


def load_anchors(home: Path) -> Anchors:
    """Return every anchor of the home.

    Raises:
        WarifuError: ``anchor_unreadable`` or ``bad_anchor`` with the name of the file; a start with half of the anchors
            would be a decision that nobody took.
    """
    return Anchors(_load(path) for path in sorted((home / ANCHOR_FOLDER).glob("*.toml")))


def _load(path: Path) -> TrustAnchor:
    try:
        rules = tomllib.loads(path.read_text("utf-8"))
        certificate = x509.load_pem_x509_certificate(path.with_suffix(".pem").read_bytes())
    except (OSError, ValueError) as error:
        raise WarifuError(
            "anchor_unreadable",
            f"the anchor {path.name} or its certificate cannot be read",
            hint="add it again with trust add",
            layer="policy",
        ) from error
    return anchor_of(certificate, rules)


def anchor_of(certificate: x509.Certificate, rules: Mapping[str, Any]) -> TrustAnchor:
    """Return the anchor for a certificate and the rules of its TOML file.

    Raises:
        WarifuError: ``bad_anchor`` for an unknown key, purpose or value.
    """
    unknown = rules.keys() - _MEMBERS
    if unknown:
        raise _bad(f"the key {min(unknown)} is not known")
    options: dict[str, Any] = {
        name: rules[name] for name in ("municipality", "profile", "pinned", "status_policy", "max_list_bytes") if name in rules
    }
    origins = rules.get("status_origins", [])
    return TrustAnchor(
        purposes=parse_purposes(rules.get("purposes", [])), certificate=certificate, status_origins=frozenset(origins), **options
    )


def parse_purposes(names: Sequence[str]) -> frozenset[TrustPurpose]:
    """Return the purposes of that name; raises ``bad_anchor``."""
    try:
        return frozenset(TrustPurpose(name) for name in names)
    except ValueError as error:
        raise _bad("a purpose is issuer, status, reader, attester or metadata") from error


def read_certificate(path: Path) -> x509.Certificate:
    """Read the one certificate of a PEM file; raises ``anchor_unreadable``."""
    try:
        certificates = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise WarifuError(
            "anchor_unreadable", "the file holds no certificate in PEM", hint="name the PEM file of the root", layer="policy"
        ) from error
    if len(certificates) != 1:
        raise WarifuError("anchor_unreadable", "the file holds more than one certificate", hint="add each root on its own", layer="policy")
    return certificates[0]


def anchor_files(certificate: x509.Certificate, rules: Mapping[str, Any]) -> tuple[str, bytes, bytes]:
    """Return the stem, the TOML and the PEM under which an anchor is kept, after checking that they make one."""
    anchor_of(certificate, rules)
    stem = hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()[:16]
    lines = [f"{name} = {_toml(value)}" for name, value in rules.items() if value is not None]
    return stem, ("\n".join(lines) + "\n").encode(), certificate.public_bytes(Encoding.PEM)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    raise TypeError(type(value))


def _bad(reason: str) -> WarifuError:
    return WarifuError("bad_anchor", f"the trust anchor cannot be used: {reason}", hint="correct the anchor's settings", layer="policy")
