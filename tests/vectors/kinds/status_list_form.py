"""Status lists by themselves, their form and signature."""

from __future__ import annotations

from typing import Any

from schemas.formats.encoding import b64url_encode
from schemas.verify import CWT_LIST
from tests.vectors.forge import resign, set_to
from tests.vectors.forge_lists import SIGNER, Packed, cwt_edited, cwt_list, given, jwt_list, zeros
from tests.vectors.registry import Given, accepts, rejects
from tests.vectors.scene import INDEX, bits
from tests.world.actors import signer_for


@accepts("status-list/cwt", "Token Status List 8.3", "a CWT list in which the neighbours are revoked")
def cwt() -> tuple[Given, Any]:
    """Token Status List 5.2: "The COSE message MUST either be the tagged COSE_Sign1_Tagged (`18`)"."""
    return given(cwt_list(bits=bits([INDEX - 1, INDEX + 1])), "cwt"), None


@rejects("status-list/typ", "Token Status List 5.1", "a JWT of another type", layer="parse", code="wrong_typ", place="header/typ")
def typ(broken: bool) -> Given:
    """Token Status List 5.1: "`typ`: REQUIRED. The JWT type MUST be `statuslist+jwt`." """
    return given(resign(jwt_list(), SIGNER, header=set_to(typ="JWT" if broken else "statuslist+jwt")))


@rejects("status-list/alg-none", "Token Status List 5.1", "not signed", layer="signature", code="alg_not_allowed", place="header/alg")
def alg_none(broken: bool) -> Given:
    """Token Status List 5.1: "The JWT MUST be secured using a cryptographic signature or MAC algorithm." """
    return given(resign(jwt_list(), None, header=set_to(alg="none")) if broken else jwt_list())


@rejects(
    "status-list/altered", "Token Status List 5.1", "a bit was cleared after signing", layer="signature", code="bad_signature", place="list"
)
def altered(broken: bool) -> Given:
    """Token Status List 5.1: "Relying Parties MUST reject JWTs with an invalid signature." """
    signed, cleared = jwt_list(bits=bits([INDEX])), jwt_list()
    kept = signed.rpartition(".")[2] if broken else cleared.rpartition(".")[2]
    return given(f"{cleared.rpartition('.')[0]}.{kept}")


@rejects(
    "status-list/cwt-altered",
    "Token Status List 5.2",
    "signed by another key",
    layer="signature",
    code="bad_signature",
    place="cwt/signature",
)
def cwt_altered(broken: bool) -> Given:
    """Token Status List 5.2: "Relying Parties MUST reject CWTs with an invalid signature." """
    return given(cwt_list(signer=signer_for("nobody") if broken else SIGNER), "cwt")


@rejects(
    "status-list/three-bits",
    "Token Status List 4.1",
    "three bits a status",
    layer="status",
    code="bad_status_list",
    place="status_list/bits",
)
def three_bits(broken: bool) -> Given:
    """Token Status List 4.1: "The Status Issuer MUST define a number of bits (`bits`) of either 1,2,4 or 8"."""
    return given(resign(jwt_list(), SIGNER, claims=lambda claims: claims["status_list"].update(bits=3 if broken else 1)))


@rejects(
    "status-list/cut-off",
    "Token Status List 4.1",
    "the compressed list ends early",
    layer="status",
    code="bad_status_list",
    place="status_list/lst",
)
def cut_off(broken: bool) -> Given:
    """Token Status List 4.1: "The Status Issuer compresses the byte array using DEFLATE" "with the ZLIB" "data format." """
    packed = bits().compress()
    return given(jwt_list(bits=Packed(packed[:-5] if broken else packed)))


@rejects(
    "status-list/bomb",
    "Token Status List 11",
    "1.7 KB that unpack to more than 256 KiB",
    layer="status",
    code="status_list_too_large",
    place="status_list/lst",
)
def bomb(broken: bool) -> Given:
    """Token Status List 11.4 warns of "denial-of-service attacks"; a list never unpacks to more than its anchor allows."""
    return given(jwt_list(bits=Packed(zeros(1 + 258 * (1017 if broken else 1000)))))


@rejects("status-list/cwt-typ", "Token Status List 5.2", "typ is missing", layer="parse", code="wrong_typ", place="cwt/protected/16")
def cwt_typ(broken: bool) -> Given:
    """Token Status List 5.2: "`16` (type): REQUIRED. The type of the CWT MUST be `application/statuslist+cwt`"."""
    return given(cwt_edited(protected={16: "application/cwt" if broken else CWT_LIST}), "cwt")


@rejects(
    "status-list/cwt-tag-61", "Token Status List 5.2", "the CWT stands in tag 61", layer="status", code="bad_status_token", place="cwt/tag"
)
def cwt_tag_61(broken: bool) -> Given:
    """Token Status List 5.2: "The Status List Token MUST NOT be tagged with the CWT tag"."""
    return given(cwt_edited(head=b"\xd8\x3d\xd2" if broken else b"\xd2"), "cwt")


@rejects(
    "status-list/cwt-list-as-text",
    "Token Status List 4.3",
    "the list in a CWT is base64url text",
    layer="status",
    code="bad_status_token",
    place="cwt/65533",
)
def cwt_list_as_text(broken: bool) -> Given:
    """Token Status List 4.3: "`lst`: REQUIRED. CBOR Byte string (major type 2) that contains the status values for all the
    Referenced Tokens it conveys statuses for."
    """
    packed = bits().compress()
    return given(cwt_edited(claims={65533: {"bits": 1, "lst": b64url_encode(packed) if broken else packed}}), "cwt")
