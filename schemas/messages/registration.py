"""What the registrar says about a relying party: who it is and for which purposes it may ask (``verifier_info``).

A JWT of type ``warifu-registration+jwt``, signed by the registrar with a certificate of purpose ``ATTESTER`` (a wallet's
anchor for the registrar names ``READER`` and ``ATTESTER``) and bound to one access certificate by its client identifier.
The verifier carries it in its request; the wallet shows the purpose in the holder's language and warns where a request asks
for more than was registered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from schemas.errors import WarifuError
from schemas.formats.jose import Signer, parse_jws, sign_jwt, verify_jws, x5c_chain, x5c_header
from schemas.messages.dcql import CredentialQuery, Query
from schemas.trust import Anchors, TrustPurpose, check_chain

REGISTRATION_TYP: Final = "warifu-registration+jwt"
MAX_REGISTRATION_BYTES: Final = 32 * 1024
MAX_TEXT: Final = 400


@dataclass(frozen=True, slots=True)
class RegisteredPurpose:
    """One purpose as the registrar holds it.

    Attributes:
        text: the purpose in words by language, ``ja`` always and ``en`` where given.
        types: ``vct`` and ``docType`` values that may be asked for.
        claims: paths of claims that may be asked for, names only; a path covers everything below it.
    """

    name: str
    text: Mapping[str, str]
    types: frozenset[str]
    claims: frozenset[tuple[str, ...]]

    def document(self) -> dict[str, Any]:
        """Return the JSON form, in a fixed order."""
        claims = [list(path) for path in sorted(self.claims)]
        return {"name": self.name, "text": dict(self.text), "types": sorted(self.types), "claims": claims}


@dataclass(frozen=True, slots=True)
class Registration:
    """A checked registration: the relying party's name, its client identifier, its purposes."""

    client_id: str
    name: str
    purposes: tuple[RegisteredPurpose, ...]
    expires_at: datetime


def build_registration(registration: Registration, *, signer: Signer, chain_der: Sequence[bytes], issued_at: datetime) -> str:
    """Return the registration as signed JWT; ``chain_der`` starts with the registrar's attester leaf, without the root."""
    claims = {
        "sub": registration.client_id,
        "name": registration.name,
        "iat": int(issued_at.timestamp()),
        "exp": int(registration.expires_at.timestamp()),
        "purposes": [purpose.document() for purpose in registration.purposes],
    }
    return sign_jwt(REGISTRATION_TYP, claims, signer, header={"x5c": x5c_header(chain_der)})


def parse_registration(token: str, *, client_id: str, anchors: Anchors, at: datetime) -> Registration:
    """Check a registration and return it.

    Args:
        client_id: the client identifier of the request that carried it.
        anchors: the registrar's anchors; only those of purpose ``ATTESTER`` count.

    Raises:
        WarifuError: of the JWS or chain, ``registration_mismatch``, ``registration_expired`` or ``registration_malformed``.
    """
    jws = parse_jws(token, typ=REGISTRATION_TYP, max_bytes=MAX_REGISTRATION_BYTES)
    identity = check_chain(x5c_chain(jws.header), anchors=anchors, purpose=TrustPurpose.ATTESTER, at=at)
    verify_jws(jws, identity.public_key)
    claims = jws.claims()
    _check_subject(claims, client_id)
    expires_at = _check_expiry(claims, at)
    entries = claims.get("purposes")
    if not isinstance(entries, list) or not 1 <= len(entries) <= 32:
        raise _malformed("a registration holds one to 32 purposes")
    return Registration(client_id, _text(claims.get("name"), "name"), tuple(parse_purpose(entry) for entry in entries), expires_at)


def _check_subject(claims: Mapping[str, Any], client_id: str) -> None:
    """The registration is about the certificate that signed the request, not about another relying party's."""
    if claims.get("sub") != client_id:
        raise _error("registration_mismatch", "the registration belongs to another relying party")


def _check_expiry(claims: Mapping[str, Any], at: datetime) -> datetime:
    value = claims.get("exp")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**33:
        raise _malformed("exp is not a time in whole seconds")
    expires_at = datetime.fromtimestamp(value, UTC)
    if at >= expires_at:
        raise _error("registration_expired", "the registration has expired")
    return expires_at


def parse_purpose(entry: object) -> RegisteredPurpose:
    """Read one purpose from its JSON form.

    Raises:
        WarifuError: ``registration_malformed``.
    """
    if not isinstance(entry, dict) or not isinstance(entry.get("text"), dict):
        raise _malformed("a purpose is an object with name, text, types and claims")
    text = {str(language): _text(words, "text") for language, words in entry["text"].items()}
    types, claims = entry.get("types"), entry.get("claims")
    if "ja" not in text or not isinstance(types, list) or not isinstance(claims, list) or not types:
        raise _malformed("a purpose has a Japanese text, types and claims")
    for path in claims:
        if not isinstance(path, list) or not path or not all(isinstance(name, str) and name for name in path):
            raise _malformed("a registered claim is a path of names")
    names = frozenset(_text(name, "types") for name in types)
    return RegisteredPurpose(_text(entry.get("name"), "name"), text, names, frozenset(tuple(path) for path in claims))


def registered_purpose(registration: Registration, query: Query) -> RegisteredPurpose:
    """Return the first purpose that covers everything the query asks for.

    Raises:
        WarifuError: ``purpose_exceeded`` where no registered purpose does.
    """
    for purpose in registration.purposes:
        if all(_covers(purpose, credential) for credential in query.credentials):
            return purpose
    raise _error("purpose_exceeded", "the request asks for more than the relying party has registered")


def _covers(purpose: RegisteredPurpose, credential: CredentialQuery) -> bool:
    """Tell whether types and every claim path lie within the purpose; array positions do not count."""
    paths = [tuple(name for name in claim.path if isinstance(name, str)) for claim in credential.claims]
    return credential.types <= purpose.types and all(
        any(path[:length] in purpose.claims for length in range(1, len(path) + 1)) for path in paths
    )


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
        raise _malformed(f"{name} is not a short text")
    return value


def _malformed(message: str) -> WarifuError:
    return _error("registration_malformed", message)


def _error(code: str, message: str) -> WarifuError:
    return WarifuError(code, message, hint="the relying party has to renew its registration", clause="OpenID4VP 5.1", layer="protocol")
