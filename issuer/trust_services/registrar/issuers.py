"""The issuer trust list: which municipality issues where, and under which root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from issuer.store.registrar import issuer as issuer_table
from issuer.trust_services.registrar.keys import RegistrarKeys
from runtime.store import begin, read
from schemas.errors import WarifuError
from schemas.formats.jose import sign_jwt, x5c_header
from schemas.japan.codes import check_municipality_code
from schemas.messages.members import Members
from schemas.messages.openid4vci import check_https_url, check_issuer_identifier
from schemas.trust import municipality_of
from schemas.trust.anchor_form import one_certificate

LIST_TYP: Final = "warifu-issuer-list+jwt"
LIST_LIFE: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """One entry: a municipality's issuer identifier, its root and where its status lists live."""

    issuer: str
    municipality_code: str
    name: str
    root: x509.Certificate
    status_origins: tuple[str, ...]


def parse_issuer(obj: object) -> TrustedIssuer:
    """Read an entry.

    Raises:
        WarifuError: ``bad_issuer_entry``, ``anchor_unreadable``, a wrong municipality code, or ``root_of_another`` where
            the root is not that municipality's.
    """
    members = Members(obj, code="bad_issuer_entry", what="issuer entry")
    members.only("issuer", "municipality_code", "name", "root", "status_origins")
    code = members.text("municipality_code", max_length=6)
    check_municipality_code(code)
    root = one_certificate(members.text("root", max_length=16 * 1024).encode("utf-8"))
    check_root(root, code)
    origins = members.texts("status_origins", max_items=8)
    for origin in origins:
        if check_https_url(origin, what="status origin", code="bad_issuer_entry").path:
            raise members.refusal("has a status origin with a path", hint="write https://host[:port]")
    issuer = check_issuer_identifier(members.text("issuer"), code="bad_issuer_entry")
    return TrustedIssuer(issuer, code, members.text("name", max_length=100), root, origins)


def check_root(root: x509.Certificate, code: str) -> None:
    """A root on the list is self-signed, an authority, and carries the code of the municipality it is listed for."""
    try:
        root.verify_directly_issued_by(root)
        authority = root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise _bad_root() from error
    if not authority or municipality_of(root) != code:
        raise _bad_root()


def _bad_root() -> WarifuError:
    return WarifuError(
        "root_of_another",
        "the certificate is not the root of this municipality",
        hint="send the root that init wrote for this municipality",
        clause="design 3",
        layer="chain",
    )


def register_issuer(engine: sa.Engine, entry: TrustedIssuer, *, actor: str, at: datetime) -> None:
    """Put an issuer on the list, in the place of an earlier entry of the same identifier."""
    row = {
        "issuer": entry.issuer,
        "municipality_code": entry.municipality_code,
        "name": entry.name,
        "root": entry.root.public_bytes(Encoding.DER),
        "status_origins": list(entry.status_origins),
        "actor": actor,
        "registered_at": at,
    }
    with begin(engine) as connection:
        connection.execute(sa.delete(issuer_table).where(issuer_table.c.issuer == entry.issuer))
        connection.execute(sa.insert(issuer_table).values(row))


def list_issuers(engine: sa.Engine) -> Sequence[dict[str, Any]]:
    """Return the list as JSON objects, roots in PEM."""
    with read(engine) as connection:
        rows = connection.execute(sa.select(issuer_table).order_by(issuer_table.c.issuer)).mappings().all()
    return [
        {
            "issuer": row["issuer"],
            "municipality_code": row["municipality_code"],
            "name": row["name"],
            "root": x509.load_der_x509_certificate(row["root"]).public_bytes(Encoding.PEM).decode("ascii"),
            "status_origins": row["status_origins"],
        }
        for row in rows
    ]


def sign_list(engine: sa.Engine, keys: RegistrarKeys, *, public_url: str, at: datetime) -> str:
    """Return the list as JWT signed by the registrar's attester, good for a week."""
    claims = {
        "iss": public_url,
        "iat": int(at.timestamp()),
        "exp": int((at + LIST_LIFE).timestamp()),
        "issuers": list_issuers(engine),
    }
    return sign_jwt(LIST_TYP, claims, keys.attester.signer, header={"x5c": x5c_header(keys.attester.chain_der)})
