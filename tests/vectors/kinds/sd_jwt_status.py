"""SD-JWT VC as received: the status that must be known, and what stands in its way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from schemas.trust import TrustPurpose
from tests.vectors.forge import issued, reseal, sealed, set_to, without
from tests.vectors.people import TONARI, WARIFU
from tests.vectors.registry import Given, rejects, undetermined
from tests.vectors.scene import INDEX, WORLD, anchor, bits, entry, instant, token

URI = WARIFU.status_uri("jwt")


def with_list(**changes: Any) -> Given:
    return issued(sealed(), status=[entry(token("jwt", **changes))])


def with_status(claim: Any, **changes: Any) -> Given:
    return issued(reseal(sealed(), payload=set_to(status=claim)), **changes)


def reference(**changes: Any) -> Given:
    return {"status_list": {"idx": INDEX, "uri": URI} | changes}


@rejects("sd-jwt/revoked", "Token Status List 7.1", "moved out: the copy was revoked", layer="status", code="status_revoked", place="list")
def revoked(broken: bool) -> Given:
    """Token Status List 7.1: "The status of the Referenced Token is revoked, annulled, taken back, recalled or cancelled." """
    return with_list(bits=bits([INDEX] if broken else [INDEX - 1, INDEX + 1]))


@rejects(
    "sd-jwt/suspended", "Token Status List 7.1", "a list of two bits says suspended", layer="status", code="status_suspended", place="list"
)
def suspended(broken: bool) -> Given:
    """Token Status List 7.1: "The status of the Referenced Token is temporarily invalid, hanging, debarred from privilege. This
    status is usually temporary."
    """
    return with_list(bits=bits([INDEX] if broken else [INDEX + 1], width=2, value=2))


@rejects(
    "sd-jwt/status-of-unknown-meaning",
    "Token Status List 7.1",
    "a list of four bits says 0x0B, which has no meaning here",
    layer="status",
    code="status_value_unknown",
    place="list",
)
def status_of_unknown_meaning(broken: bool) -> Given:
    """Token Status List 7.1: "Status Types MUST have a numeric value between 0 and 255 for their representation in the Status
    List."
    """
    return with_list(bits=bits([INDEX] if broken else [], width=4, value=11))


@rejects("sd-jwt/no-status", "HAIP 1.0 6.1", "there is no status", layer="status", code="status_missing", place="payload/status")
def no_status(broken: bool) -> Given:
    """Design 3: "Nothing is ever issued without a status." """
    return issued(reseal(sealed(), payload=without("status")) if broken else sealed())


@rejects(
    "sd-jwt/other-status-mechanism",
    "Token Status List 6.1",
    "a status mechanism that is not known here",
    layer="status",
    code="status_mechanism_unknown",
    place="payload/status",
)
def other_status_mechanism(broken: bool) -> Given:
    """Token Status List 6.1: "The `status` (status) claim MUST specify a JSON Object that contains at least one reference to
    a status mechanism."
    """
    return with_status({"ocsp": {"uri": "https://warifu.example/ocsp"}} if broken else reference())


@rejects(
    "sd-jwt/negative-index",
    "Token Status List 6.2",
    "idx is -1, which some languages count from the end",
    layer="status",
    code="bad_status_reference",
    place="payload/status/status_list/idx",
)
def negative_index(broken: bool) -> Given:
    """Token Status List 6.2: "The `idx` (index) claim MUST specify a non-negative Integer that represents the index to check
    for status information in the Status List for the current Referenced Token."
    """
    return with_status(reference(idx=-1 if broken else INDEX))


@rejects(
    "sd-jwt/address-of-its-own",
    "Token Status List 12.3",
    "the list's address holds a query that would tell who asks",
    layer="status",
    code="bad_status_reference",
    place="payload/status/status_list/uri",
)
def address_of_its_own(broken: bool) -> Given:
    """Token Status List 12 warns of an issuer "Generating a unique Status List for every Referenced Token. By these means, the
    Issuer could maintain a mapping between Referenced Tokens and Status Lists and thus track the usage".
    """
    return with_status(reference(uri=URI + ("?holder=742" if broken else "")))


@rejects(
    "sd-jwt/index-behind-list",
    "Token Status List 8.3",
    "idx lies behind the end of the list",
    layer="status",
    code="status_index_out_of_bounds",
    place="payload/status/status_list/idx",
)
def index_behind_list(broken: bool) -> Given:
    """Token Status List 8.3: "If the provided index is out of bounds of the Status List, no statement about the status of the
    Referenced Token can be made and the Referenced Token MUST be rejected."
    """
    return with_status(reference(idx=1024 if broken else 1023))


@undetermined(
    "sd-jwt/list-not-at-hand", "Token Status List 8.3", "the list at hand is another one", code="status_unavailable", place="status"
)
def list_not_at_hand(broken: bool) -> Given:
    """Token Status List 8.3: "If any of these checks fails, no statement about the status of the Referenced Token can be made
    and the Referenced Token SHOULD be rejected."
    """
    other = WARIFU.status_uri("jwt", "2" if broken else "1")
    return issued(sealed(), status=[{**entry(token("jwt", uri=other)), "uri": other}])


@undetermined("sd-jwt/list-expired", "Token Status List 8.3", "the list has expired", code="status_list_expired", place="status/exp")
def list_expired(broken: bool) -> Given:
    """Token Status List 8.3: "If the expiration time is defined (`exp` or `4`), it MUST be checked if the Status List Token is
    expired".
    """
    return with_list(iat=WORLD.at - timedelta(hours=2), exp=WORLD.at + timedelta(hours=0 if broken else 1), fetched_at=WORLD.at)


@undetermined(
    "sd-jwt/list-too-old",
    "Token Status List 8.3",
    "the copy of the list is older than its ttl",
    code="status_list_stale",
    place="status/fetched_at",
)
def list_too_old(broken: bool) -> Given:
    """Token Status List 8.3: "If the Relying Party is using a system for caching the Status List Token, it SHOULD check the
    `ttl` claim of the Status List Token and retrieve a fresh copy if (time status was resolved + ttl < current time)".
    """
    return issued(sealed(), at=instant(timedelta(minutes=11 if broken else 9)))


@rejects(
    "sd-jwt/list-of-another-address",
    "Token Status List 8.3",
    "the list at the address was published for another",
    layer="status",
    code="status_list_mismatch",
    place="status/sub",
)
def list_of_another_address(broken: bool) -> Given:
    """Token Status List 8.3: "The subject claim (`sub` or `2`) of the Status List Token MUST be equal to the `uri` claim in
    the `status_list` object of the Referenced Token".
    """
    return with_list(uri=WARIFU.status_uri("jwt", "2" if broken else "1"))


@rejects(
    "sd-jwt/list-of-another-city",
    "Token Status List 11.3",
    "隣町市, trusted for itself, signed the list of 割符市",
    layer="status",
    code="status_signer_mismatch",
    place="status/x5c",
)
def list_of_another_city(broken: bool) -> Given:
    """Token Status List 11.3 (in our words) leaves to each ecosystem who may sign a list; here it is the municipality that issued."""
    signer = TONARI.status_signer if broken else WARIFU.status_signer
    anchors = [anchor(WARIFU), anchor(TONARI)]
    return issued(sealed(), anchors=anchors, status=[entry(token("jwt", identity=signer))])


@rejects(
    "sd-jwt/list-by-document-signer",
    "RFC 5280 4.2.1.12",
    "the document signer signed the list",
    layer="status",
    code="extended_key_usage_mismatch",
    place="status/x5c/0/extendedKeyUsage",
)
def list_by_document_signer(broken: bool) -> Given:
    """RFC 5280 4.2.1.12: "If the extension is present, then the certificate MUST only be used for one of the purposes
    indicated."
    """
    purpose = TrustPurpose.ISSUER if broken else TrustPurpose.STATUS
    return with_list(identity=WARIFU.signing_identity(purpose))


@rejects(
    "sd-jwt/list-rolled-back",
    "Token Status List 13.7",
    "an older list follows a newer one at the same address",
    layer="status",
    code="status_list_rollback",
    place="status/iat",
)
def list_rolled_back(broken: bool) -> Given:
    """Token Status List 13.7: "Collectively the `iat`, `exp` and `ttl` claims when present in a Status List Token communicate
    how long a Status List should be cached and should be considered valid for."
    """
    first, second = token("jwt", iat=WORLD.at - timedelta(minutes=1)), token("jwt", iat=WORLD.at)
    order = [second, first] if broken else [first, second]
    return issued(sealed(), status=[entry(one) for one in order])
