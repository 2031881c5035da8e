"""Stored copies opened for matching and display."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cryptography import x509

from schemas.credentials import Catalogue, ClaimDefinition, CredentialType
from schemas.formats.encoding import b64url_decode, b64url_encode
from schemas.formats.jose import x5c_chain
from schemas.formats.mdoc import check_digests, parse_issuer_signed
from schemas.formats.sdjwt import parse_sd_jwt, resolve
from wallet.match.matcher import selected
from wallet.vault.entries import StoredCopy

#: Claims that carry the binding of the credential and no statement about the person; they always leave.
PLUMBING = frozenset({"iss", "vct", "iat", "nbf", "exp", "cnf", "status", "_sd_alg", "vct#integrity"})

Path = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class HeldCopy:
    """A stored copy opened for matching: all its claims, and the key identifiers of the authorities above it."""

    copy: StoredCopy
    claims: Mapping[str, Any]
    authority_keys: frozenset[str]

    @property
    def format(self) -> str:
        """``dc+sd-jwt`` or ``mso_mdoc``."""
        return self.copy.format

    @property
    def type(self) -> str:
        """``vct`` or ``docType``."""
        return self.copy.type


@dataclass(frozen=True, slots=True)
class Line:
    """One claim as a person reads it.

    Attributes:
        name: the claim's name in the catalogue, the same in both formats, or its dotted path where the catalogue has none.
    """

    path: Path
    name: str
    label: str
    value: str


def open_copy(copy: StoredCopy) -> HeldCopy:
    """Open a stored copy; it was verified before it was stored."""
    if copy.format == "dc+sd-jwt":
        parsed = parse_sd_jwt(copy.credential)
        chain = x5c_chain(parsed.issuer_jwt.header)
        return HeldCopy(copy, resolve(parsed.payload, parsed.disclosures), authority_keys_of(chain))
    issuer_signed = parse_issuer_signed(b64url_decode(copy.credential))
    return HeldCopy(copy, check_digests(issuer_signed), authority_keys_of(issuer_signed.chain_der))


def authority_keys_of(chain: Sequence[bytes]) -> frozenset[str]:
    """Return the authority key identifiers of a chain, base64url, for ``trusted_authorities`` (OpenID4VP 1.0 6.1.1.1)."""
    return frozenset(key for der in chain for key in _authority_key(x509.load_der_x509_certificate(der)))


def _authority_key(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    except x509.ExtensionNotFound:
        return []
    return [b64url_encode(extension.key_identifier)] if extension.key_identifier else []


def type_of(catalogue: Catalogue, copy: StoredCopy) -> CredentialType | None:
    """Return the catalogue's type of a copy, where it has it."""
    return next((kind for kind in catalogue.types if copy.type in (kind.vct, kind.doctype)), None)


def title_of(catalogue: Catalogue, copy: StoredCopy, language: str) -> str:
    """Return the display name of a copy's type, or its bare identifier where the catalogue does not have it."""
    kind = type_of(catalogue, copy)
    return copy.type if kind is None else kind.display(language)["name"]


def always_paths(held: HeldCopy, catalogue: Catalogue) -> tuple[Path, ...]:
    """Return what leaves whatever is asked: by the format for SD-JWT VC, by our own rule for mdoc (design 4)."""
    kind = type_of(catalogue, held.copy)
    if kind is None:
        return ()
    always = kind.always if held.format == "dc+sd-jwt" else kind.always_elements
    return tuple(path for path in sorted(always) if selected(held.claims, path))


def every_path(held: HeldCopy, catalogue: Catalogue) -> list[Path]:
    """Return the paths of all claims of a copy, in the catalogue's order; unknown ones last, by name."""
    if held.format == "mso_mdoc":
        paths: list[Path] = [(namespace, name) for namespace, elements in held.claims.items() for name in elements]
    else:
        paths = [path for path in _leaves(held.claims) if path[0] not in PLUMBING]
    kind = type_of(catalogue, held.copy)
    order = {} if kind is None else {claim.name: position for position, claim in enumerate(kind.claims)}

    def rank(path: Path) -> tuple[int, str]:
        claim = claim_at(kind, held.format, path)
        return (len(order) if claim is None else order[claim.name], dotted(path))

    return sorted(paths, key=rank)


def _leaves(claims: Mapping[str, Any], prefix: Path = ()) -> list[Path]:
    paths: list[Path] = []
    for name, value in claims.items():
        paths += _leaves(value, (*prefix, name)) if isinstance(value, dict) else [(*prefix, name)]
    return paths


def line_of(held: HeldCopy, catalogue: Catalogue, path: Path, language: str) -> Line:
    """Return one claim as a person reads it; in our catalogue's words, never in text that came with the credential."""
    values = selected(held.claims, path)
    kind = type_of(catalogue, held.copy)
    claim = claim_at(kind, held.format, path)
    label = None if kind is None else kind.label(held.format, path, language)
    shown = "、".join(_plain(value) if claim is None else claim.show(value, language) for value in values)
    return Line(path, dotted(path) if claim is None else claim.name, label or dotted(path), shown)


def claim_lines(held: HeldCopy, catalogue: Catalogue, language: str) -> list[Line]:
    """Return every claim of a copy."""
    return [line_of(held, catalogue, path, language) for path in every_path(held, catalogue)]


def claim_at(kind: CredentialType | None, format_name: str, path: Path) -> ClaimDefinition | None:
    """Return the catalogue's claim at a path of a format, where there is one."""
    names = tuple(part for part in path if isinstance(part, str))
    if kind is None or len(names) != len(path):
        return None
    if format_name == "mso_mdoc":
        return kind.by_element.get((names[0], names[1])) if len(names) == 2 else None
    return kind.by_name.get(".".join(names))


def dotted(path: Path) -> str:
    """Return a path as the command line writes it: ``address.prefecture``, ``nationalities.*``."""
    return ".".join("*" if part is None else str(part) for part in path)


def json_form(value: Any) -> Any:
    """Return claims in JSON types: dates of an mdoc as ISO text, bytes as base64url."""
    if isinstance(value, dict):
        return {str(name): json_form(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_form(item) for item in value]
    if isinstance(value, bytes):
        return b64url_encode(value)
    return value.isoformat() if isinstance(value, date) else value


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "、".join(_plain(item) for item in value.values())
    if isinstance(value, bytes):
        return f"({len(value)} bytes)"
    return str(value)
