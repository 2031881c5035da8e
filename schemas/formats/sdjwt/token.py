"""The compact form: issuer-signed JWT, disclosures and key binding, held together by tildes (RFC 9901 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from schemas.errors import WarifuError
from schemas.formats.encoding import too_large
from schemas.formats.jose import UnverifiedJws, check_header_names, parse_jws
from schemas.formats.sdjwt.disclosure import MAX_DISCLOSURES, Disclosure, parse_disclosure

SD_JWT_VC_TYP: Final = "dc+sd-jwt"
KEY_BINDING_TYP: Final = "kb+jwt"
MAX_SD_JWT_BYTES: Final = 256 * 1024
_KEYS_NAMED_BY_SENDER: Final = ("jwk",)


@dataclass(frozen=True, slots=True)
class UnverifiedSdJwt:
    """An SD-JWT, with key binding or without, of which nothing has been checked but its form.

    Attributes:
        issuer_jwt: header, payload bytes and signature of the issuer.
        payload: the issuer's payload, digests still in it.
        disclosures: in the order received.
        key_binding: the holder's JWT, or ``None`` where the text ends with a tilde.
        bound_text: everything up to and including the last tilde, over which ``sd_hash`` is taken.
    """

    issuer_jwt: UnverifiedJws
    payload: dict[str, Any]
    disclosures: tuple[Disclosure, ...]
    key_binding: UnverifiedJws | None
    bound_text: str


def parse_sd_jwt(text: str, *, typ: str = SD_JWT_VC_TYP) -> UnverifiedSdJwt:
    """Split and read an SD-JWT or SD-JWT+KB in compact form.

    Args:
        text: at most 256 KiB with at most 512 disclosures; the JSON serialisation is refused.
        typ: the one ``typ`` accepted for the issuer's JWT.

    Raises:
        WarifuError: ``too_large``, ``not_sd_jwt``, ``too_many_disclosures``, or what :func:`schemas.formats.jose.parse_jws`
            and :func:`schemas.formats.sdjwt.disclosure.parse_disclosure` raise.
    """
    check_size(text)
    check_count(text)
    issuer_part, *parts = text.split("~")
    issuer_jwt = parse_jws(issuer_part, typ=typ)
    check_header_names(issuer_jwt.header, _KEYS_NAMED_BY_SENDER)
    payload = issuer_jwt.claims()
    disclosures = tuple([parse_disclosure(part) for part in parts[:-1]])
    return UnverifiedSdJwt(issuer_jwt, payload, disclosures, _key_binding(parts[-1]), text[: len(text) - len(parts[-1])])


def _key_binding(text: str) -> UnverifiedJws | None:
    if not text:
        return None
    key_binding = parse_jws(text, typ=KEY_BINDING_TYP)
    check_header_names(key_binding.header, (*_KEYS_NAMED_BY_SENDER, "x5c"))
    return key_binding


def check_size(text: str) -> None:
    """Refuse more than 256 KiB before the text is copied (``too_large``)."""
    if len(text) > MAX_SD_JWT_BYTES:
        raise too_large(MAX_SD_JWT_BYTES, clause="RFC 9901 4")


def check_count(text: str) -> None:
    """Refuse a text without a tilde (``not_sd_jwt``) and more than 512 disclosures (``too_many_disclosures``)."""
    tildes = text.count("~")
    if tildes == 0:
        raise WarifuError(
            "not_sd_jwt",
            "the text is no SD-JWT in compact form",
            hint="an SD-JWT holds at least one tilde and ends with one unless a key binding follows",
            clause="RFC 9901 4",
            layer="parse",
        )
    if tildes - 1 > MAX_DISCLOSURES:
        raise WarifuError("too_many_disclosures", f"there are more than {MAX_DISCLOSURES} disclosures", clause="RFC 9901 4", layer="parse")
