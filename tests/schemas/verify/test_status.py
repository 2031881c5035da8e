"""Status: revoked is refused, unknown is not "valid", and no list is believed for being there (threat rows E01–E08)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from schemas.errors import UndeterminedError, WarifuError
from schemas.formats.status_list import StatusBits, StatusReference
from schemas.trust import Anchors, SignerIdentity, TrustAnchor, TrustPurpose
from schemas.verify import Policy, StatusLists, StatusToken, Step, UndeterminedRefusal, VerifiedStatusList, check_status_list
from schemas.verify.status import check_status_signer, read_reference, status_claim
from tests.schemas.verify.attempts import NEVER_ASKED, WORLD, attempt, refusal, refused
from tests.world import signer_for
from tests.world.credentials import RESIDENT_RECORD
from tests.world.status import LIST_SIZE, status_token

FORMATS = ("jwt", "cwt")
PRESENTED: dict[str, Any] = {"jwt": WORLD.present_sd_jwt(), "cwt": WORLD.present_mdoc()}
SECOND = timedelta(seconds=1)


def token(encoding: str, **changes: Any) -> StatusToken:
    return status_token(WORLD.warifu, encoding, changes.pop("at", WORLD.at), changes.pop("revoked", ()), **changes)


def lists(*tokens: StatusToken) -> StatusLists:
    return StatusLists(tokens, anchors=WORLD.anchors)


def outcome(encoding: str, *tokens: StatusToken, **changes: Any) -> tuple[bool, str]:
    """Return whether the refusal is undetermined, and its code."""
    error = refusal(PRESENTED[encoding], status=lists(*tokens), **changes)
    assert error.layer == "status"
    assert error.report[9].result == ("undetermined" if isinstance(error, UndeterminedRefusal) else "failed")
    return isinstance(error, UndeterminedRefusal), error.code


@pytest.mark.parametrize("encoding", FORMATS)
def test_valid_and_revoked(encoding: str) -> None:
    assert attempt(PRESENTED[encoding], status=lists(token(encoding))).status == "valid"
    assert attempt(PRESENTED[encoding], status=lists(token(encoding, revoked=[4241, 4243]))).status == "valid"
    assert outcome(encoding, token(encoding, revoked=[4242])) == (False, "status_revoked")


@pytest.mark.parametrize(
    ("width", "value", "code"),
    [(2, 1, "status_revoked"), (2, 2, "status_suspended"), (4, 3, "status_value_unknown"), (8, 200, "status_value_unknown")],
)
def test_only_valid_is_valid(width: int, value: int, code: str) -> None:
    """E06: every width, every value."""
    bits = StatusBits.new(LIST_SIZE, width=width)
    bits.set(4242, value)
    assert outcome("jwt", token("jwt", bits=bits)) == (False, code)
    bits.set(4242, 0)
    bits.set(4241, value)
    attempt(PRESENTED["jwt"], status=lists(token("jwt", bits=bits)))


# -- E01 who signed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", FORMATS)
def test_forged_list(encoding: str) -> None:
    """E01: the city's certificate, somebody else's signature."""
    assert outcome(encoding, token(encoding, signer=signer_for("attacker"))) == (False, "bad_signature")


@pytest.mark.parametrize("encoding", FORMATS)
def test_list_of_another_city(encoding: str) -> None:
    """E01: a status signer, properly certified, for somebody else."""
    assert outcome(encoding, token(encoding, identity=WORLD.tonari.status_signer)) == (False, "status_signer_mismatch")


@pytest.mark.parametrize("encoding", FORMATS)
def test_list_signed_by_the_document_signer(encoding: str) -> None:
    """E01, A08: the same city's key for another purpose."""
    assert outcome(encoding, token(encoding, identity=WORLD.warifu.document_signer)) == (False, "extended_key_usage_mismatch")


@pytest.mark.parametrize("encoding", FORMATS)
def test_list_without_a_chain(encoding: str) -> None:
    assert outcome(encoding, token(encoding, chain_der=[])) == (False, "chain_missing")


def test_list_of_an_expired_signer() -> None:
    identity = WORLD.warifu.signing_identity(TrustPurpose.STATUS, not_after=WORLD.at - SECOND)
    assert outcome("jwt", token("jwt", identity=identity)) == (False, "certificate_expired")


def test_anchor_for_credentials_only() -> None:
    """E01: an anchor that is not trusted for status lists signs none."""
    only = replace(WORLD.warifu.anchor, purposes=frozenset({TrustPurpose.ISSUER}))
    source = StatusLists([token("jwt")], anchors=Anchors([only]))
    assert refused(PRESENTED["jwt"], status=source) == (Step.STATUS, "chain_untrusted")


# -- E02 which list --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", FORMATS)
def test_another_list_in_its_place(encoding: str) -> None:
    """E02: the list says which address it was published for."""
    swapped = token(encoding, uri=WORLD.warifu.status_uri(encoding, "2"))
    assert swapped.uri == WORLD.warifu.status_uri(encoding)
    assert outcome(encoding, swapped) == (False, "status_list_mismatch")


@dataclass
class GivenList:
    """A source that answers with whatever it was given: step 10 believes no source blindly."""

    given: VerifiedStatusList
    asked: list[tuple[StatusReference, str, TrustAnchor, timedelta | None]] = field(default_factory=list)

    def token_for(
        self, ref: StatusReference, *, media_type: str, anchor: TrustAnchor, at: datetime, max_age: timedelta | None
    ) -> VerifiedStatusList:
        assert at == WORLD.at
        self.asked.append((ref, media_type, anchor, max_age))
        return self.given


def checked(encoding: str = "jwt", city: Any = WORLD.warifu, **changes: Any) -> VerifiedStatusList:
    given = status_token(city, encoding, WORLD.at, **changes)
    return check_status_list(given.body, media_type=given.media_type, uri=given.uri, anchors=WORLD.anchors, at=WORLD.at)


def test_step_ten_looks_again() -> None:
    good = checked()
    attempt(PRESENTED["jwt"], status=GivenList(good))
    other_city = checked(city=WORLD.tonari)
    wrong = {
        "status_list_mismatch": other_city,
        "status_signer_mismatch": replace(other_city, uri=good.uri),
        "status_list_expired": replace(good, exp=WORLD.at),
        "certificate_expired": replace(good, signer=replace(good.signer, path_window=(WORLD.at - timedelta(days=2), WORLD.at - SECOND))),
        "status_index_out_of_bounds": replace(good, bits=StatusBits.new(4240)),
    }
    for code, given in wrong.items():
        assert refused(PRESENTED["jwt"], status=GivenList(given)) == (Step.STATUS, code)


def test_what_a_source_is_asked_for() -> None:
    source = GivenList(checked())
    attempt(PRESENTED["jwt"], status=source, policy=Policy(status="required", max_status_age=timedelta(minutes=5)))
    reference = StatusReference(WORLD.warifu.status_uri("jwt"), 4242)
    assert source.asked == [(reference, "application/statuslist+jwt", WORLD.warifu.anchor, timedelta(minutes=5))]


# -- E03 unknown is not valid ----------------------------------------------------------------------------------------


def unknown() -> list[tuple[str, list[StatusToken]]]:
    """Every way of not knowing."""
    gone = token("jwt")
    return [
        ("status_unavailable", []),
        ("status_unavailable", [token("cwt")]),
        ("status_unavailable", [replace(gone, uri=gone.uri + "x")]),
        ("status_unavailable", [replace(gone, media_type="application/jwt")]),
        ("status_list_expired", [token("jwt", exp=WORLD.at)]),
        ("status_list_expired", [token("jwt", exp=WORLD.at - SECOND)]),
        ("status_list_stale", [token("jwt", at=WORLD.at - timedelta(minutes=10, seconds=1))]),
    ]


@pytest.mark.parametrize(("code", "tokens"), unknown())
def test_unknown_is_undetermined(code: str, tokens: list[StatusToken]) -> None:
    """E03: and refused, unless the policy says otherwise by name."""
    assert outcome("jwt", *tokens) == (True, code)
    tolerant = Policy(status="required", accept_undetermined_status=True)
    verified = attempt(PRESENTED["jwt"], status=lists(*tokens), policy=tolerant)
    assert verified.status == "undetermined"
    assert (verified.report[9].result, verified.report[9].code) == ("undetermined", code)


def test_no_source_at_all() -> None:
    """Design 5: without a list the outcome of a credential that carries a status is undetermined."""
    error = refusal(PRESENTED["jwt"], status=None)
    assert isinstance(error, UndeterminedRefusal)
    assert error.code == "status_unavailable"
    assert isinstance(refusal(PRESENTED["jwt"], status=None, policy=Policy(status="if-present")), UndeterminedError)


def broken() -> list[bytes]:
    """Every way of being no list."""
    good = token("jwt").body
    return [
        b"",
        b"\x00",
        b"null",
        b"{}",
        b"<html>",
        good[:-1],
        good + b"A",
        b"." + good,
        good.replace(b".", b""),
        token("cwt").body,
        b"\xff" * 64,
    ]


@pytest.mark.parametrize("body", broken(), ids=lambda body: f"{len(body)} bytes")
def test_broken_lists_are_refused(body: bytes) -> None:
    """E03: by our own errors, in layer status, also where undetermined would be tolerated."""
    given = replace(token("jwt"), body=body)
    assert outcome("jwt", given)[0] is False
    refused(PRESENTED["jwt"], status=lists(given), policy=Policy(status="required", accept_undetermined_status=True))


@pytest.mark.parametrize("index", [LIST_SIZE, LIST_SIZE + 1, 2**31, 2**32 - 1])
def test_index_outside_the_list(index: int) -> None:
    """E03, E06: never "not revoked"."""
    presented = WORLD.present_sd_jwt(WORLD.sd_jwt(index=index))
    assert refused(presented) == (Step.STATUS, "status_index_out_of_bounds")
    tolerant = Policy(status="required", accept_undetermined_status=True)
    assert refused(presented, policy=tolerant) == (Step.STATUS, "status_index_out_of_bounds")


# -- E04 the claim ---------------------------------------------------------------------------------------------------


def presented_with(status: Any) -> str:
    return WORLD.present_sd_jwt(WORLD.sd_jwt(payload={"status": status}))


def test_status_absent() -> None:
    """E04: required unless named otherwise."""
    without = presented_with(None)
    assert refused(without, status=NEVER_ASKED) == (Step.STATUS, "status_missing")
    tolerant = Policy(status="required", accept_undetermined_status=True)
    assert refused(without, policy=tolerant) == (Step.STATUS, "status_missing")
    verified = attempt(without, policy=Policy(status="if-present"), status=NEVER_ASKED)
    assert verified.status == "absent"
    assert (verified.report[9].result, verified.report[9].code) == ("skipped", "status_absent")
    mdoc = WORLD.present_mdoc(WORLD.mdoc(status="none"))
    assert refused(mdoc, status=NEVER_ASKED) == (Step.STATUS, "status_missing")


def test_the_anchor_decides_before_the_request() -> None:
    """Design 3: status is a property of anchor and type."""

    def anchors(policy: Any) -> Anchors:
        return Anchors([replace(WORLD.warifu.anchor, status_policy=policy)])

    without = presented_with(None)
    assert refused(without, anchors=anchors("required"), policy=Policy(status="if-present")) == (Step.STATUS, "status_missing")
    assert attempt(without, anchors=anchors("if-present"), policy=Policy(status="required")).status == "absent"
    assert attempt(without, anchors=anchors("required"), policy=Policy(status="none")).status == "skipped"
    assert refused(PRESENTED["jwt"], anchors=anchors("if-present"), status=WORLD.status([4242])) == (Step.STATUS, "status_revoked")


@pytest.mark.parametrize(
    "claim",
    [
        {},
        [],
        7,
        "valid",
        {"status_list": None},
        {"status_list": []},
        {"status_list": {"uri": WORLD.warifu.status_uri()}},
        {"status_list": {"idx": 1}},
        {"status_list": {"idx": -1, "uri": WORLD.warifu.status_uri()}},
        {"status_list": {"idx": True, "uri": WORLD.warifu.status_uri()}},
        {"status_list": {"idx": 1.5, "uri": WORLD.warifu.status_uri()}},
        {"status_list": {"idx": "1", "uri": WORLD.warifu.status_uri()}},
        {"status_list": {"idx": 1, "uri": WORLD.warifu.status_uri() + "?c=1"}},
        {"status_list": {"idx": 1, "uri": WORLD.warifu.status_uri() + "#1"}},
        {"status_list": {"idx": 1, "uri": "http://warifu.example/999997/status/1.jwt"}},
        {"status_list": {"idx": 1, "uri": "https://u:p@warifu.example/999997/status/1.jwt"}},
        {"status_list": {"idx": 1, "uri": 7}},
        {"status_attestation": {}},
        {"identifier_list": {"id": "00", "uri": WORLD.warifu.status_uri()}},
    ],
)
def test_status_claims_that_are_none(claim: Any) -> None:
    """E04, E06, E10: another mechanism is refused, not ignored; also where status is optional."""
    presented = presented_with(claim)
    for policy in (Policy(status="required"), Policy(status="if-present"), Policy(status="required", accept_undetermined_status=True)):
        assert refused(presented, policy=policy, status=NEVER_ASKED)[0] == Step.STATUS


def test_status_null() -> None:
    """A claim that is there and says nothing is not an absent claim."""
    assert status_claim({}) is None
    assert status_claim({"status": None}) is not None
    with pytest.raises(WarifuError) as error:
        read_reference(status_claim({"status": None}))
    assert error.value.code == "status_mechanism_unknown"


# -- E05 size --------------------------------------------------------------------------------------------------------


def test_bound_on_the_unpacked_list() -> None:
    """E05: the anchor's bound, exactly at and one above."""
    bits = StatusBits.new(8 * 4096)
    small, enough = (Anchors([replace(WORLD.warifu.anchor, max_list_bytes=size)]) for size in (4095, 4096))
    given = [token("jwt", bits=bits)]
    attempt(PRESENTED["jwt"], status=StatusLists(given, anchors=enough))
    assert refused(PRESENTED["jwt"], status=StatusLists(given, anchors=small)) == (Step.STATUS, "status_list_too_large")


@pytest.mark.parametrize("encoding", FORMATS)
def test_bound_on_the_token(encoding: str) -> None:
    """E05: a list as long as the anchor allows is read even where it does not shrink; what is much longer is not parsed."""
    size = 4096
    anchors = Anchors([replace(WORLD.warifu.anchor, max_list_bytes=size)])
    noise = token(encoding, bits=StatusBits(hashlib.shake_256(b"noise").digest(size)))
    assert len(noise.body) > size
    assert check(noise, anchors=anchors).bits.data
    longer = token(encoding, bits=StatusBits(hashlib.shake_256(b"noise").digest(size * 32)))
    assert code_of(longer, anchors=anchors) == "too_large"
    assert check(longer).uri == longer.uri


def test_zip_bomb() -> None:
    """E05: a gigabyte of zeros in a megabyte, refused at the bound of the anchor."""
    bits = StatusBits.new(8 * 64 * 1024 * 1024)
    assert outcome("cwt", token("cwt", bits=bits)) == (False, "status_list_too_large")


# -- E07 time --------------------------------------------------------------------------------------------------------


def check(given: StatusToken, **changes: Any) -> VerifiedStatusList:
    arguments = {"media_type": given.media_type, "uri": given.uri, "anchors": WORLD.anchors, "at": WORLD.at}
    return check_status_list(given.body, **(arguments | changes))


def code_of(given: StatusToken, **changes: Any) -> str:
    with pytest.raises(WarifuError) as error:
        check(given, **changes)
    return error.value.code


@pytest.mark.parametrize("encoding", FORMATS)
def test_rollback(encoding: str) -> None:
    """E07: a properly signed older list, replayed."""
    old, new = token(encoding, at=WORLD.at - timedelta(minutes=5)), token(encoding, revoked=[4242])
    assert check(old, newest_iat=WORLD.at - timedelta(minutes=5)).iat == WORLD.at - timedelta(minutes=5)
    assert code_of(old, newest_iat=WORLD.at - timedelta(minutes=5) + SECOND) == "status_list_rollback"
    assert outcome(encoding, new, replace(old, fetched_at=WORLD.at)) == (False, "status_list_rollback")
    assert outcome(encoding, old, new) == (False, "status_revoked")


def test_times_of_a_list() -> None:
    """E07: from the future, without end, too long."""
    assert check(token("jwt", iat=WORLD.at + timedelta(seconds=60))).iat > WORLD.at
    assert code_of(token("jwt", iat=WORLD.at + timedelta(seconds=61), exp=WORLD.at + timedelta(hours=1))) == "status_list_from_future"
    assert check(token("jwt", exp=WORLD.at + timedelta(hours=24))).exp == WORLD.at + timedelta(hours=24)
    assert code_of(token("jwt", exp=WORLD.at + timedelta(hours=24, seconds=1))) == "status_list_lives_too_long"
    assert check(token("jwt", exp=WORLD.at + SECOND)).exp == WORLD.at + SECOND
    assert code_of(token("jwt", exp=WORLD.at)) == "status_list_expired"


def test_a_list_names_its_end() -> None:
    from schemas.formats.jose import sign_jwt

    signer = WORLD.warifu.status_signer
    claims = {"sub": WORLD.warifu.status_uri(), "iat": int(WORLD.at.timestamp()), "status_list": {"bits": 1, "lst": "eJwDAAAAAAE"}}
    body = sign_jwt("statuslist+jwt", claims, signer.signer, header={"x5c": signer.x5c}).encode()
    given = replace(token("jwt"), body=body)
    assert code_of(given) == "status_list_without_end"
    foreign = replace(WORLD.warifu.anchor, profile="foreign")
    signed_for_mdl = Anchors([foreign])
    assert code_of(given, anchors=signed_for_mdl) == "extended_key_usage_mismatch"


def test_freshness() -> None:
    """E07: ttl and the purpose's own limit, whichever is shorter, counted from fetching."""
    fetched = token("jwt", at=WORLD.at - timedelta(minutes=10))
    attempt(PRESENTED["jwt"], status=lists(fetched))
    short = Policy(status="required", max_status_age=timedelta(minutes=9))
    assert outcome("jwt", fetched, policy=short) == (True, "status_list_stale")
    attempt(PRESENTED["jwt"], status=lists(replace(fetched, fetched_at=WORLD.at - timedelta(minutes=9))), policy=short)
    long = Policy(status="required", max_status_age=timedelta(hours=9))
    older = replace(fetched, fetched_at=WORLD.at - timedelta(minutes=10) - SECOND)
    assert outcome("jwt", token("jwt", at=older.fetched_at), policy=long) == (True, "status_list_stale")


def test_issuer_known_at_fetching() -> None:
    """E01: the source may compare before step 10 does."""
    assert code_of(token("jwt"), issuer=WORLD.tonari.anchor) == "status_signer_mismatch"
    assert check(token("jwt"), issuer=WORLD.warifu.anchor).signer.municipality == "999997"


def test_a_list_checked_once_is_looked_at_again() -> None:
    """E07: what was good when it was fetched is not good for ever."""
    source = lists(token("jwt"))
    attempt(PRESENTED["jwt"], status=source)
    tomorrow = WORLD.at + timedelta(days=1)
    presented = WORLD.present_sd_jwt(iat=tomorrow)
    assert refused(presented, status=source, at=tomorrow) == (Step.STATUS, "status_list_stale")
    unknown_time = lists(replace(token("jwt"), fetched_at=None))
    assert refused(presented, status=unknown_time, at=tomorrow) == (Step.STATUS, "status_list_expired")


# -- E08 origin ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "uri",
    [
        "https://attacker.example/999997/status/1.jwt",
        "https://warifu.example.attacker.example/1.jwt",
        "https://warifu.example:8443/999997/status/1.jwt",
        "https://127.0.0.1/1.jwt",
        "https://tonari.example/999989/status/1.jwt",
    ],
)
def test_lists_lie_where_the_anchor_says(uri: str) -> None:
    """E08: decided before any source is asked, hence before anything is fetched."""
    assert refused(presented_with({"status_list": {"idx": 4242, "uri": uri}}), status=NEVER_ASKED) == (
        Step.STATUS,
        "status_origin_not_allowed",
    )
    mdoc = WORLD.present_mdoc(WORLD.mdoc(status=StatusReference(uri, 4242)))
    assert refused(mdoc, status=NEVER_ASKED) == (Step.STATUS, "status_origin_not_allowed")


def test_an_anchor_without_origins_fetches_nothing() -> None:
    bare = Anchors([replace(WORLD.warifu.anchor, status_origins=frozenset())])
    assert refused(PRESENTED["jwt"], anchors=bare, status=NEVER_ASKED) == (Step.STATUS, "status_origin_not_allowed")


# -- foreign domains -------------------------------------------------------------------------------------------------


def test_foreign_signer_of_a_list() -> None:
    """E01 without municipalities: the same anchor, or one that names the list's origin."""

    def foreign(name: str, *origins: str) -> TrustAnchor:
        return TrustAnchor(
            purposes=frozenset(TrustPurpose), jwk=signer_for(name).public_key, profile="foreign", status_origins=frozenset(origins)
        )

    issuer = foreign("issuer", "https://lists.example")

    def signer(anchor: TrustAnchor, municipality: str | None = None) -> SignerIdentity:
        return SignerIdentity(signer_for("any").public_key, None, anchor, municipality, ())

    uri = "https://lists.example/1"
    check_status_signer(signer(issuer), issuer, uri)
    check_status_signer(signer(foreign("other", "https://lists.example")), issuer, uri)
    for wrong in (
        signer(foreign("other")),
        signer(foreign("other", "https://elsewhere.example")),
        signer(foreign("other", "https://lists.example"), "999997"),
    ):
        with pytest.raises(WarifuError) as error:
            check_status_signer(wrong, issuer, uri)
        assert error.value.code == "status_signer_mismatch"


def test_type_of_record_is_the_sample() -> None:
    assert attempt(PRESENTED["cwt"]).type == RESIDENT_RECORD.doctype
