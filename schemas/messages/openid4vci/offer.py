"""Credential offers: what an issuer hands to a wallet as link or QR (OpenID4VCI 1.0 4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json, parse_json
from schemas.messages.members import Members
from schemas.messages.openid4vci.addresses import check_https_url, check_issuer_identifier

PRE_AUTHORIZED_GRANT: Final = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
OFFER_SCHEME: Final = "openid-credential-offer"
OFFER_SCHEMES: Final = frozenset({OFFER_SCHEME, "haip-vci", "https"})
MAX_OFFER_BYTES: Final = 64 * 1024

InputMode = Literal["numeric", "text"]


@dataclass(frozen=True, slots=True)
class TxCode:
    """How the transaction code looks that reaches the resident on another channel (4.1.1)."""

    length: int | None = None
    input_mode: InputMode = "numeric"
    description: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the ``tx_code`` object."""
        members = {"input_mode": self.input_mode, "length": self.length, "description": self.description}
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True, slots=True)
class CredentialOffer:
    """One offer; ``pre_authorized_code`` is None where only the authorization code flow is offered."""

    credential_issuer: str
    configuration_ids: tuple[str, ...]
    pre_authorized_code: str | None = None
    tx_code: TxCode | None = None
    authorization_server: str | None = None
    issuer_state: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the offer as JSON object."""
        grants: dict[str, Any] = {}
        if self.issuer_state is not None:
            grants["authorization_code"] = {"issuer_state": self.issuer_state}
        if self.pre_authorized_code is not None:
            grant: dict[str, Any] = {"pre-authorized_code": self.pre_authorized_code}
            if self.tx_code is not None:
                grant["tx_code"] = self.tx_code.to_json()
            if self.authorization_server is not None:
                grant["authorization_server"] = self.authorization_server
            grants[PRE_AUTHORIZED_GRANT] = grant
        offer: dict[str, Any] = {
            "credential_issuer": self.credential_issuer,
            "credential_configuration_ids": list(self.configuration_ids),
        }
        return {**offer, "grants": grants} if grants else offer


@dataclass(frozen=True, slots=True)
class OfferReference:
    """An offer that has to be fetched from ``uri`` first (4.1.3); the wallet's guarded fetcher decides whether it may."""

    uri: str


def offer_link(offer: CredentialOffer, *, scheme: str = OFFER_SCHEME) -> str:
    """Return the offer by value as link for a QR code or a button (4.1.2)."""
    return f"{scheme}://?{urlencode({'credential_offer': dump_json(offer.to_json()).decode('utf-8')})}"


def parse_offer_link(link: str) -> CredentialOffer | OfferReference:
    """Read a link of the form ``openid-credential-offer://?credential_offer=…`` or ``…?credential_offer_uri=…``.

    Raises:
        WarifuError: ``bad_offer_link`` for another scheme, both or neither parameter, or a parameter given twice;
            ``bad_offer`` for what stands inside.
    """
    if len(link) > MAX_OFFER_BYTES:
        raise _bad_link("is larger than 64 KiB")
    try:
        parts = urlsplit(link.strip())
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=32)
    except ValueError as error:
        raise _bad_link("cannot be read") from error
    if parts.scheme not in OFFER_SCHEMES:
        raise _bad_link("has a scheme that is not for credential offers")
    found = [(name, value) for name, value in pairs if name in {"credential_offer", "credential_offer_uri"}]
    if len(found) != 1:
        raise _bad_link("needs exactly one of credential_offer and credential_offer_uri")
    name, value = found[0]
    if name == "credential_offer":
        return parse_offer(value)
    check_https_url(value, what="credential_offer_uri", code="bad_offer_link")
    return OfferReference(value)


def _bad_link(problem: str) -> WarifuError:
    return WarifuError(
        "bad_offer_link",
        f"the offer link {problem}",
        hint="copy the whole link, starting with openid-credential-offer://",
        clause="OpenID4VCI 1.0 4.1",
        layer="parse",
    )


def parse_offer(data: bytes | str) -> CredentialOffer:
    """Read a Credential Offer object; unknown members and grants are ignored.

    Raises:
        WarifuError: ``bad_offer``, or an encoding error of strict JSON.
    """
    offer = Members(parse_json(data, max_bytes=MAX_OFFER_BYTES), code="bad_offer", what="credential offer", clause="OpenID4VCI 1.0 4.1.1")
    issuer = check_issuer_identifier(offer.text("credential_issuer"), code="bad_offer")
    ids = offer.texts("credential_configuration_ids", max_length=256)
    if len(set(ids)) != len(ids):
        raise offer.refusal("names one credential configuration twice")
    grants = _members(offer.optional_object("grants") or {}, "grants")
    code_grant = grants.optional_object("authorization_code")
    state = None if code_grant is None else _members(code_grant, "authorization_code grant").optional_text("issuer_state")
    grant = grants.optional_object(PRE_AUTHORIZED_GRANT)
    if grant is None:
        return CredentialOffer(issuer, ids, issuer_state=state)
    pre = _members(grant, "pre-authorized code grant")
    return CredentialOffer(
        issuer,
        ids,
        pre_authorized_code=pre.text("pre-authorized_code"),
        tx_code=_parse_tx_code(pre),
        authorization_server=pre.optional_text("authorization_server"),
        issuer_state=state,
    )


def _parse_tx_code(grant: Members) -> TxCode | None:
    """Read ``tx_code``; an empty object still means that a code is required (4.1.1)."""
    obj = grant.optional_object("tx_code")
    if obj is None:
        return None
    rule = _members(obj, "tx_code object")
    mode = rule.optional_text("input_mode") or "numeric"
    if mode not in ("numeric", "text"):
        raise rule.refusal("has an input_mode other than numeric and text")
    length = rule.integer("length", low=1, high=64) if rule.has("length") else None
    return TxCode(length, mode, rule.optional_text("description", max_length=300))  # type: ignore[arg-type]  # one of two literals


def _members(obj: object, what: str) -> Members:
    return Members(obj, code="bad_offer", what=what, clause="OpenID4VCI 1.0 4.1.1")
