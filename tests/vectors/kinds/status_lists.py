"""Status lists by themselves, what they say, of what, and for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from schemas.trust import TrustPurpose
from tests.vectors.forge import resign, same, without
from tests.vectors.forge_lists import SIGNER, given, jwt_list
from tests.vectors.people import WARIFU
from tests.vectors.registry import Given, accepts, rejects, undetermined
from tests.vectors.scene import INDEX, WORLD, bits


@accepts("status-list/jwt", "Token Status List 8.3", "a JWT list in which the neighbours are revoked")
def jwt() -> tuple[Given, Any]:
    """Token Status List 7.1: "The status of the Referenced Token is valid, correct or legal." """
    return given(jwt_list(bits=bits([INDEX - 1, INDEX + 1]))), None


@accepts("status-list/four-bits", "Token Status List 4.1", "a list of four bits a status")
def four_bits() -> tuple[Given, Any]:
    """Token Status List 4.1: "The Status Issuer MUST define a number of bits (`bits`) of either 1,2,4 or 8"."""
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
    status is usually temporary."
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
    "status-list/another-address",
    "Token Status List 5.1",
    "sub names another list",
    layer="status",
    code="status_list_mismatch",
    place="sub",
)
def another_address(broken: bool) -> Given:
    """Token Status List 8.3: "The subject claim (`sub` or `2`) of the Status List Token MUST be equal to the `uri` claim in the
    `status_list` object of the Referenced Token".
    """
    return given(jwt_list(uri=WARIFU.status_uri("jwt", "2" if broken else "1")))


@rejects(
    "status-list/by-document-signer",
    "Token Status List 10",
    "signed by the document signer",
    layer="chain",
    code="extended_key_usage_mismatch",
    place="header/x5c/0",
)
def by_document_signer(broken: bool) -> Given:
    """Token Status List 10 (in our words): a certificate says by its extended key usage that its key signs status lists."""
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


@rejects("status-list/without-end", "design 4", "there is no exp", layer="status", code="status_list_without_end", place="exp")
def without_end(broken: bool) -> Given:
    """Token Status List 5.1: "`exp`: RECOMMENDED." Lists of ours always end, since an old copy could hide a revocation."""
    return given(resign(jwt_list(), SIGNER, claims=without("exp") if broken else same))


@rejects(
    "status-list/lives-for-a-week",
    "Token Status List 13.7",
    "exp is a week ahead",
    layer="status",
    code="status_list_lives_too_long",
    place="exp",
)
def lives_for_a_week(broken: bool) -> Given:
    """Token Status List 13.7: "When fetching a Status List Token, Relying Parties must carefully evaluate how long a Status List
    is cached for."
    """
    return given(jwt_list(exp=WORLD.at + timedelta(hours=168 if broken else 24)))


@rejects("status-list/ttl-of-zero", "Token Status List 5.1", "ttl is 0", layer="status", code="bad_status_token", place="ttl")
def ttl_of_zero(broken: bool) -> Given:
    """Token Status List 5.1: "The value of the claim MUST be a positive number"."""
    return given(jwt_list(ttl=timedelta(seconds=0 if broken else 1)))


@rejects(
    "status-list/older-follows",
    "Token Status List 13.7",
    "an older list follows a newer one",
    layer="status",
    code="status_list_rollback",
    place="previous",
)
def older_follows(broken: bool) -> Given:
    """Token Status List 13.7: "Collectively the `iat`, `exp` and `ttl` claims when present in a Status List Token communicate how
    long a Status List should be cached and should be considered valid for."
    """
    first, second = jwt_list(iat=WORLD.at - timedelta(minutes=1)), jwt_list()
    return given(first if broken else second, previous=[second if broken else first])
