"""Status lists by themselves, as JWT and as CWT."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from schemas.formats.cbor import cbor_decode, cbor_encode
from schemas.formats.encoding import b64url_encode
from schemas.formats.status_list import StatusBits
from schemas.trust import TrustPurpose
from schemas.verify import CWT_LIST
from tests.vectors.forge import resign, same, set_to, without
from tests.vectors.forge_mdoc import sign1
from tests.vectors.people import WARIFU
from tests.vectors.registry import Given, accepts, rejects, undetermined
from tests.vectors.scene import AT, INDEX, WORLD, anchor, bits, token
from tests.world.actors import signer_for

SIGNER = WARIFU.status_signer.signer


class Packed(StatusBits):
    """A list whose compressed form is given."""

    __slots__ = ("packed",)

    def __init__(self, packed: bytes) -> None:
        super().__init__(b"\0")
        self.packed = packed

    def compress(self, *, strategy: int = 0) -> bytes:
        """Return what was given."""
        return self.packed


def given(text: str | bytes, encoding: str = "jwt", **changes: Any) -> Given:
    """Return what a case about a list says."""
    binary = {} if encoding == "jwt" else {"media_type": CWT_LIST}
    body = b64url_encode(text) if isinstance(text, bytes) else text
    return {"input": body, "at": AT, "anchors": [anchor()], "uri": WARIFU.status_uri(encoding), **binary, "index": INDEX, **changes}


def jwt_list(**changes: Any) -> str:
    return token("jwt", **changes).body.decode("ascii")


def cwt_list(**changes: Any) -> bytes:
    return token("cwt", **changes).body


def cwt_edited(*, protected: Mapping[int, Any] | None = None, claims: Mapping[int, Any] | None = None, head: bytes = b"\xd2") -> bytes:
    """Return the city's CWT list with header and claims replaced, signed anew, behind ``head`` in place of tag 18."""
    protected_bytes, unprotected, payload, _ = cbor_decode(cwt_list()[1:])
    header = cbor_decode(protected_bytes) | dict(protected or {})
    body = cbor_decode(payload) | dict(claims or {})
    return head + cbor_encode(sign1(cbor_encode(header), unprotected, cbor_encode(body), SIGNER))


def zeros(count: int) -> bytes:
    """Return ``count`` zero bytes, 1 and a multiple of 258, in zlib format: run by run, one fixed block (RFC 1951 3.2.6)."""
    runs, rest = divmod(count - 1, 258)
    assert rest == 0
    text = "1" + "10" + "00110000" + ("11000101" + "00000") * runs + "0000000"
    data = bytes(int(text[start : start + 8][::-1].ljust(1, "0"), 2) for start in range(0, len(text), 8))
    return b"\x78\x01" + data + ((count % 65521 << 16) + 1).to_bytes(4, "big")


@accepts("status-list/jwt", "Token Status List 8.3", "a JWT list in which the neighbours are revoked")
def jwt() -> tuple[Given, Any]:
    """Token Status List 7.1: "The status of the Referenced Token is valid, correct or legal." """
    return given(jwt_list(bits=bits([INDEX - 1, INDEX + 1]))), None


@accepts("status-list/cwt", "Token Status List 8.3", "a CWT list in which the neighbours are revoked")
def cwt() -> tuple[Given, Any]:
    """Token Status List 5.2: "The COSE message MUST either be the tagged COSE_Sign1_Tagged (`18`)". """
    return given(cwt_list(bits=bits([INDEX - 1, INDEX + 1])), "cwt"), None


@accepts("status-list/four-bits", "Token Status List 4.1", "a list of four bits a status")
def four_bits() -> tuple[Given, Any]:
    """Token Status List 4.1: "The Status Issuer MUST define a number of bits (`bits`) of either 1,2,4 or 8". """
    return given(jwt_list(bits=bits([INDEX - 1, INDEX + 1], width=4, value=2))), None


@accepts("status-list/newer-follows", "Token Status List 13.7", "a newer list follows an older one")
def newer_follows() -> tuple[Given, Any]:
    """Token Status List 13.7: "Collectively the `iat`, `exp` and `ttl` claims when present in a Status List Token communicate how
    long a Status List should be cached and should be considered valid for."
    """
    older = jwt_list(iat=WORLD.at - timedelta(minutes=1))
    return given(jwt_list(), previous=[older]), None


@rejects("status-list/revoked", "Token Status List 7.1", "the index is set", layer="status", code="status_revoked", place="list")
def revoked(broken: bool) -> Given:
    """Token Status List 7.1: "The status of the Referenced Token is revoked, annulled, taken back, recalled or cancelled." """
    return given(jwt_list(bits=bits([INDEX] if broken else [])))


@rejects("status-list/suspended", "Token Status List 7.1", "two bits say suspended", layer="status", code="status_suspended", place="list")
def suspended(broken: bool) -> Given:
    """Token Status List 7.1: "The status of the Referenced Token is temporarily invalid, hanging, debarred from privilege. This
    state is usually temporary."
    """
    return given(jwt_list(bits=bits([INDEX] if broken else [], width=2, value=2)))


@rejects(
    "status-list/index-behind-end",
    "Token Status List 8.3",
    "the index lies behind the end",
    layer="status",
    code="status_index_out_of_bounds",
    place="index",
)
def index_behind_end(broken: bool) -> Given:
    """Token Status List 8.3: "If the provided index is out of bounds of the Status List, no statement about the status of the
    Referenced Token can be made and the Referenced Token MUST be rejected."
    """
    return given(jwt_list(), index=1024 if broken else 1023)


@rejects(
    "status-list/another-address", "Token Status List 5.1", "sub names another list", layer="status", code="status_list_mismatch", place="sub"
)
def another_address(broken: bool) -> Given:
    """Token Status List 8.3: "The subject claim (`sub` or `2`) of the Status List Token MUST be equal to the `uri` claim in the
    `status_list` object of the Referenced Token".
    """
    return given(jwt_list(uri=WARIFU.status_uri("jwt", "2" if broken else "1")))


@rejects("status-list/typ", "Token Status List 5.1", "a JWT of another type", layer="parse", code="wrong_typ", place="header/typ")
def typ(broken: bool) -> Given:
    """Token Status List 5.1: "`typ`: REQUIRED. The JWT type MUST be `statuslist+jwt`." """
    return given(resign(jwt_list(), SIGNER, header=set_to(typ="JWT" if broken else "statuslist+jwt")))


@rejects("status-list/alg-none", "Token Status List 5.1", "not signed", layer="signature", code="alg_not_allowed", place="header/alg")
def alg_none(broken: bool) -> Given:
    """Token Status List 5.1: "The JWT MUST be secured using a cryptographic signature or MAC algorithm." """
    return given(resign(jwt_list(), None, header=set_to(alg="none")) if broken else jwt_list())


@rejects("status-list/altered", "Token Status List 5.1", "a bit was cleared after signing", layer="signature", code="bad_signature", place="list")
def altered(broken: bool) -> Given:
    """Token Status List 5.1: "Relying Parties MUST reject JWTs with an invalid signature." """
    signed, cleared = jwt_list(bits=bits([INDEX])), jwt_list()
    kept = signed.rpartition(".")[2] if broken else cleared.rpartition(".")[2]
    return given(f"{cleared.rpartition('.')[0]}.{kept}")


@rejects(
    "status-list/cwt-altered", "Token Status List 5.2", "signed by another key", layer="signature", code="bad_signature", place="cwt/signature"
)
def cwt_altered(broken: bool) -> Given:
    """Token Status List 5.2: "Relying Parties MUST reject CWTs with an invalid signature." """
    return given(cwt_list(signer=signer_for("nobody") if broken else SIGNER), "cwt")


@rejects(
    "status-list/by-document-signer",
    "Token Status List 10",
    "signed by the document signer",
    layer="chain",
    code="extended_key_usage_mismatch",
    place="header/x5c/0",
)
def by_document_signer(broken: bool) -> Given:
    """Token Status List 10: "the Status Issuer" may be certified for that alone by an "Extended Key Usage"; RFC 5280 4.2.1.12:
    "If the extension is present, then the certificate MUST only be used for one of the purposes indicated."
    """
    identity = WARIFU.signing_identity(TrustPurpose.ISSUER if broken else TrustPurpose.STATUS)
    return given(jwt_list(identity=identity))


@rejects("status-list/no-chain", "HAIP 1.0 6.1", "no certificate", layer="chain", code="chain_missing", place="header/x5c")
def no_chain(broken: bool) -> Given:
    """HAIP 1.0 6.1: "The public key used to validate the signature on the Status List Token MUST be included in the `x5c` JOSE
    header of the Token."
    """
    return given(resign(jwt_list(), SIGNER, header=without("x5c") if broken else same))


@rejects(
    "status-list/from-future", "Token Status List 5.1", "iat is an hour ahead", layer="status", code="status_list_from_future", place="iat"
)
def from_future(broken: bool) -> Given:
    """Token Status List 5.1: "The `iat` (issued at) claim MUST specify the time at which the Status List Token was issued." """
    return given(jwt_list(iat=WORLD.at + timedelta(minutes=60 if broken else 0)))


@rejects("status-list/no-iat", "Token Status List 5.1", "there is no iat", layer="status", code="bad_numeric_date", place="iat")
def no_iat(broken: bool) -> Given:
    """Token Status List 5.1: "`iat`: REQUIRED." """
    return given(resign(jwt_list(), SIGNER, claims=without("iat") if broken else same))


@undetermined("status-list/expired", "Token Status List 8.3", "exp is now", code="status_list_expired", place="exp")
def expired(broken: bool) -> Given:
    """Token Status List 13.7: "the `exp` claim specifies an absolute timestamp, marking the point in time when the Status List
    expires and MUST NOT be relied upon any longer".
    """
    return given(jwt_list(iat=WORLD.at - timedelta(hours=1), exp=WORLD.at + timedelta(seconds=0 if broken else 1)))


@rejects(
    "status-list/without-end", "design 4", "there is no exp", layer="status", code="status_list_without_end", place="exp"
)
def without_end(broken: bool) -> Given:
    """Token Status List 5.1: "`exp`: RECOMMENDED." Lists of ours always end, since an old copy could hide a revocation."""
    return given(resign(jwt_list(), SIGNER, claims=without("exp") if broken else same))


@rejects(
    "status-list/lives-for-a-week", "Token Status List 13.7", "exp is a week ahead", layer="status", code="status_list_lives_too_long", place="exp"
)
def lives_for_a_week(broken: bool) -> Given:
    """Token Status List 13.7: "When fetching a Status List Token, Relying Parties must carefully evaluate how long a Status List
    is cached for."
    """
    return given(jwt_list(exp=WORLD.at + timedelta(hours=168 if broken else 24)))


@rejects("status-list/ttl-of-zero", "Token Status List 5.1", "ttl is 0", layer="status", code="bad_status_token", place="ttl")
def ttl_of_zero(broken: bool) -> Given:
    """Token Status List 5.1: "The value of the claim MUST be a positive number". """
    return given(jwt_list(ttl=timedelta(seconds=0 if broken else 1)))


@rejects(
    "status-list/older-follows", "Token Status List 13.7", "an older list follows a newer one", layer="status", code="status_list_rollback", place="previous"
)
def older_follows(broken: bool) -> Given:
    """Token Status List 13.7: "Collectively the `iat`, `exp` and `ttl` claims when present in a Status List Token communicate how
    long a Status List should be cached and should be considered valid for."
    """
    first, second = jwt_list(iat=WORLD.at - timedelta(minutes=1)), jwt_list()
    return given(first if broken else second, previous=[second if broken else first])


@rejects(
    "status-list/three-bits", "Token Status List 4.1", "three bits a status", layer="status", code="bad_status_list", place="status_list/bits"
)
def three_bits(broken: bool) -> Given:
    """Token Status List 4.1: "The Status Issuer MUST define a number of bits (`bits`) of either 1,2,4 or 8". """
    return given(resign(jwt_list(), SIGNER, claims=lambda claims: claims["status_list"].update(bits=3 if broken else 1)))


@rejects(
    "status-list/cut-off", "Token Status List 4.1", "the compressed list ends early", layer="status", code="bad_status_list", place="status_list/lst"
)
def cut_off(broken: bool) -> Given:
    """Token Status List 4.1: "The Status Issuer compresses the byte array by using DEFLATE" "with the ZLIB" "data format." """
    packed = bits().compress()
    return given(jwt_list(bits=Packed(packed[:-5] if broken else packed)))


@rejects(
    "status-list/bomb", "Token Status List 11", "1.7 KB that unpack to more than 256 KiB", layer="status", code="status_list_too_large", place="status_list/lst"
)
def bomb(broken: bool) -> Given:
    """Token Status List 11.4 warns of "denial-of-service attacks"; a list never unpacks to more than its anchor allows."""
    return given(jwt_list(bits=Packed(zeros(1 + 258 * (1017 if broken else 1000)))))


@rejects("status-list/cwt-typ", "Token Status List 5.2", "typ is missing", layer="parse", code="wrong_typ", place="cwt/protected/16")
def cwt_typ(broken: bool) -> Given:
    """Token Status List 5.2: "`16` (type): REQUIRED. The type of the CWT MUST be `application/statuslist+cwt`". """
    return given(cwt_edited(protected={16: "application/cwt" if broken else CWT_LIST}), "cwt")


@rejects(
    "status-list/cwt-tag-61", "Token Status List 5.2", "the CWT stands in tag 61", layer="status", code="bad_status_token", place="cwt/tag"
)
def cwt_tag_61(broken: bool) -> Given:
    """Token Status List 5.2: "The Status List Token MUST NOT be tagged with the CWT tag". """
    return given(cwt_edited(head=b"\xd8\x3d\xd2" if broken else b"\xd2"), "cwt")


@rejects(
    "status-list/cwt-list-as-text", "Token Status List 4.3", "the list in a CWT is base64url text", layer="status", code="bad_status_token", place="cwt/65533"
)
def cwt_list_as_text(broken: bool) -> Given:
    """Token Status List 4.3: "`lst`: REQUIRED. CBOR Byte string (major type 2) that contains the status values for all the
    Referenced Tokens it conveys statuses for."
    """
    packed = bits().compress()
    return given(cwt_edited(claims={65533: {"bits": 1, "lst": b64url_encode(packed) if broken else packed}}), "cwt")
