"""SD-JWT VC as received: defects of form, header and signature."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from schemas.formats.encoding import b64url_decode, b64url_encode
from schemas.formats.jose import public_jwk
from tests.vectors.forge import bound, disclosure, issued, reseal, reseal_bytes, sealed, selected, set_to, with_disclosure
from tests.vectors.registry import Given, rejects
from tests.vectors.scene import WORLD


@rejects(
    "sd-jwt/alg-none",
    "RFC 9901 7.1",
    "the header says that nothing is signed, and nothing is",
    layer="signature",
    code="alg_not_allowed",
    place="header/alg",
)
def alg_none(broken: bool) -> Given:
    """RFC 9901 7.1: "The `none` algorithm MUST NOT be accepted." """
    credential = sealed()
    return issued(reseal(credential, header=set_to(alg="none"), signer=None) if broken else credential)


@rejects(
    "sd-jwt/typ-of-another-lane",
    "SD-JWT VC 2.2.1",
    "typ is vc+sd-jwt, the name of old drafts",
    layer="parse",
    code="wrong_typ",
    place="header/typ",
)
def typ_of_another_lane(broken: bool) -> Given:
    """SD-JWT VC 2.2.1: "The Issuer MUST include the `typ` header parameter in the SD-JWT. The `typ` value MUST
    use `dc+sd-jwt`."
    """
    return issued(reseal(sealed(), header=set_to(typ="vc+sd-jwt" if broken else "dc+sd-jwt")))


@rejects(
    "sd-jwt/crit",
    "RFC 7515 4.1.11",
    "a critical extension that is not understood",
    layer="parse",
    code="header_not_allowed",
    place="header/crit",
)
def crit(broken: bool) -> Given:
    """RFC 7515 4.1.11: "If any of the listed extension Header Parameters are not understood and supported by the recipient,
    then the JWS is invalid."
    """
    extension = {"crit": ["exp"], "exp": 1} if broken else {}
    return issued(reseal(sealed(), header=set_to(**extension)))


@rejects(
    "sd-jwt/key-in-header",
    "HAIP 1.0 6.1.1",
    "the signer brings its own key along as jwk",
    layer="parse",
    code="header_not_allowed",
    place="header/jwk",
)
def key_in_header(broken: bool) -> Given:
    """SD-JWT VC 2.5: "If a recipient cannot validate that the public verification key corresponds to the Issuer of the
    Issuer-signed JWT using a permitted key discovery and validation mechanism, the SD-JWT VC MUST be rejected."
    """
    own = {"jwk": public_jwk(WORLD.warifu.document_signer.signer.public_key)} if broken else {}
    return issued(reseal(sealed(), header=set_to(**own)))


@rejects(
    "sd-jwt/duplicate-claim",
    "RFC 7519 4",
    "vct stands twice in the payload",
    layer="parse",
    code="bad_json",
    place="payload/vct",
)
def duplicate_claim(broken: bool) -> Given:
    """RFC 7519 4: "The Claim Names within a JWT Claims Set MUST be unique; JWT parsers MUST either reject JWTs with
    duplicate Claim Names or use a JSON parser that returns only the lexically last duplicate member name".
    """
    twice = b'{"vct":"https://catalogue.example/individual-number/1",' if broken else b"{"
    return issued(reseal_bytes(sealed(), payload=lambda text: text.replace(b"{", twice, 1)))


@rejects(
    "sd-jwt/duplicate-header-parameter",
    "RFC 7515 4",
    "alg stands twice in the header",
    layer="parse",
    code="bad_json",
    place="header/alg",
)
def duplicate_header_parameter(broken: bool) -> Given:
    """RFC 7515 4: "The Header Parameter names within the JOSE Header MUST be unique; JWS parsers MUST either reject JWSs
    with duplicate Header Parameter names or use a JSON parser that returns only the lexically last duplicate member
    name".
    """
    twice = b'{"alg":"none",' if broken else b"{"
    return issued(reseal_bytes(sealed(), header=lambda text: text.replace(b"{", twice, 1)))


@rejects(
    "sd-jwt/without-tilde",
    "RFC 9901 4",
    "the issuer's JWT alone, without the tilde that ends an SD-JWT",
    layer="parse",
    code="not_sd_jwt",
    place="text",
)
def without_tilde(broken: bool) -> Given:
    """RFC 9901 4: "the last separating tilde character MUST NOT be omitted"."""
    credential = sealed().split("~", 1)[0]
    return issued(credential if broken else f"{credential}~")


@rejects(
    "sd-jwt/padded-disclosure",
    "RFC 7515 2",
    "a disclosure in base64url with padding",
    layer="parse",
    code="bad_base64url",
    place="disclosure",
)
def padded_disclosure(broken: bool) -> Given:
    """RFC 7515 2: "Base64 encoding using the URL- and filename-safe character set defined in Section 5 of RFC 4648, with all
    trailing '=' characters omitted".
    """
    first, second, rest = sealed().split("~", 2)
    padding = "=" * (-len(second) % 4 or 4)
    return issued(f"{first}~{second}{padding if broken else ''}~{rest}")


@rejects(
    "sd-jwt/trailing-bits",
    "RFC 4648 3.5",
    "the unused bits of the signature's last character are not zero",
    layer="parse",
    code="bad_base64url",
    place="signature",
)
def trailing_bits(broken: bool) -> Given:
    """RFC 4648 3.5: "decoders MAY chose to reject an encoding if the pad bits have not been set to zero"."""
    issuer_jwt, rest = sealed().split("~", 1)
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".index(issuer_jwt[-1])
    other = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last + 1]
    return issued(f"{issuer_jwt[:-1]}{other if broken else issuer_jwt[-1]}~{rest}")


@rejects(
    "sd-jwt/altered-payload",
    "RFC 7515 5.2",
    "the IVS was taken out of the city's name after signing",
    layer="signature",
    code="bad_signature",
    place="payload/issuing_municipality/name",
)
def altered_payload(broken: bool) -> Given:
    """RFC 9901 7.1: "Validate the signature over the Issuer-signed JWT per Section 5.2 of RFC 7515." """
    credential = sealed(payload={"issuing_municipality": {"code": "999997", "name": "割\U000e0100符市"}})
    head, body, rest = credential.split(".", 2)
    text = b64url_decode(body)
    altered = b64url_encode(text.replace("\U000e0100".encode(), b"") if broken else text)
    return issued(f"{head}.{altered}.{rest}")


@rejects(
    "sd-jwt/signature-in-der",
    "RFC 7518 3.4",
    "the signature is an ASN.1 sequence instead of r and s side by side",
    layer="signature",
    code="bad_signature",
    place="signature",
)
def signature_in_der(broken: bool) -> Given:
    """RFC 7518 3.4: "The JWS Signature value MUST be a 64-octet sequence. If it is not a 64-octet sequence, the validation has
    failed."
    """
    issuer_jwt, rest = sealed().split("~", 1)
    signed, _, signature = issuer_jwt.rpartition(".")
    raw = b64url_decode(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    return issued(f"{signed}.{b64url_encode(der if broken else raw)}~{rest}")


@rejects(
    "sd-jwt/key-binding-on-receipt",
    "RFC 9901 7.2",
    "an issuer hands over a credential that somebody has presented",
    layer="key-binding",
    code="key_binding_unexpected",
    place="key binding",
)
def key_binding_on_receipt(broken: bool) -> Given:
    """RFC 9901 7.2: "The Issuer provides the Holder with an SD-JWT, not an SD-JWT+KB. If the Holder receives an SD-JWT+KB, it
    MUST be rejected."
    """
    presentation = selected()
    return issued(bound(presentation) if broken else presentation)


@rejects(
    "sd-jwt/disclosure-of-four",
    "RFC 9901 4.2.1",
    "a disclosure holds four elements",
    layer="parse",
    code="bad_disclosure",
    place="disclosure",
)
def disclosure_of_four(broken: bool) -> Given:
    """RFC 9901 4.2.1: "For each claim that is an object property and that is to be made selectively disclosable, the Issuer
    MUST create a Disclosure as follows: Create a JSON array of three elements in this order".
    """
    return issued(added("0123456789abcdefghijkl", "former_name", "高橋", *(["elsewhere"] if broken else [])))


def added(*elements: object) -> str:
    """Return a credential with one signed disclosure more, of ``elements``."""
    return with_disclosure(sealed(), disclosure(*elements))


@rejects(
    "sd-jwt/json-with-duplicate-in-disclosure",
    "RFC 7493 2.3",
    "an object inside a disclosure has one name twice",
    layer="parse",
    code="bad_json",
    place="disclosure",
)
def duplicate_in_disclosure(broken: bool) -> Given:
    """RFC 7493 2.3: "Objects in I-JSON messages MUST NOT have members with duplicate names." """
    second = ',"until":"平成元年"' if broken else ""
    text = f'["0123456789abcdefghijkl","former_name",{{"until":"昭和64年"{second}}}]'
    return issued(with_disclosure(sealed(), b64url_encode(text.encode())))


@rejects(
    "sd-jwt/json-serialization",
    "RFC 9901 8",
    "the flattened JSON serialization where the compact one is due",
    layer="parse",
    code="not_sd_jwt",
    place="serialization",
)
def json_serialization(broken: bool) -> Given:
    """RFC 9901 8: "Supporting this format is OPTIONAL." """
    credential = sealed(content={"name": None})
    issuer_jwt, *disclosures = credential.split("~")
    head, body, signature = issuer_jwt.split(".")
    listed = ",".join(f'"{text}"' for text in disclosures[:-1])
    flattened = f'{{"payload":"{body}","protected":"{head}","signature":"{signature}","header":{{"disclosures":[{listed}]}}}}'
    return issued(flattened if broken else credential)
