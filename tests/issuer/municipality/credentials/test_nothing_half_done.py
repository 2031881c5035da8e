"""All or nothing: a device that breaks, a store that refuses, a record that changes, requests that run into one another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import sqlalchemy as sa

from issuer.municipality.credentials.cycle import check_same_subject, issue
from issuer.municipality.credentials.seal import check_after_signing, seal
from issuer.municipality.register.events import apply_event, read_event
from issuer.municipality.register.history import latest
from issuer.store.municipality.issuing import credential_copy
from runtime.signers import generate_signer
from runtime.store import read
from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json
from schemas.formats.jose import public_jwk
from schemas.formats.sdjwt import parse_sd_jwt, resolve
from tests.issuer.municipality.conftest import InnerSide
from tests.issuer.municipality.credentials.reservations import (
    CountingSigner,
    living_entries,
    refuse_inserts,
    reserved,
    states,
    statuses,
    with_signer,
)


@pytest.mark.parametrize("breaks_at", [1, 3, 5])
def test_a_batch_of_which_one_signature_fails_leaves_no_copy_alive(inner: InnerSide, breaks_at: int) -> None:
    signer = CountingSigner(inner.workshop.signer.signer, breaks_at=breaks_at)
    with pytest.raises(WarifuError) as failure:
        issue(with_signer(inner, signer), inner.job(inner.handle("P-01"), "basic-four-sd-jwt", copies=5), at=inner.at)
    assert failure.value.code == "signer_unavailable"
    assert signer.asked == breaks_at
    assert states(inner) == ["revoked"] * 5
    assert living_entries(inner) == 0


def test_after_a_broken_batch_the_retry_gets_other_indexes(inner: InnerSide) -> None:
    job = inner.job(inner.handle("P-01"), "basic-four-mdoc", copies=3)
    with pytest.raises(WarifuError):
        issue(with_signer(inner, CountingSigner(inner.workshop.signer.signer, breaks_at=2)), job, at=inner.at)
    issue(inner.workshop, job, at=inner.at)
    assert states(inner) == ["revoked"] * 3 + ["signed"] * 3
    assert len(set(statuses(inner))) == 6
    assert living_entries(inner) == 3


@pytest.mark.parametrize("table", ["status_entry", "status_list", "credential_copy", "audit_entry"])
def test_where_the_store_gives_no_status_nothing_is_signed(inner: InnerSide, table: str) -> None:
    refuse_inserts(inner, table)
    signer = CountingSigner(inner.workshop.signer.signer)
    with pytest.raises(sa.exc.DBAPIError):
        issue(with_signer(inner, signer), inner.job(inner.handle("P-01"), "basic-four-sd-jwt"), at=inner.at)
    assert signer.asked == 0
    assert states(inner) == []
    assert statuses(inner) == []


def test_a_move_between_offer_and_issue_puts_the_new_address_in(inner: InnerSide) -> None:
    job = inner.job(inner.handle("P-01"), "basic-four-sd-jwt", copies=1)
    with read(inner.engine) as connection:
        before = latest(connection, ["P-01"], numbers=False)["P-01"]
    event = {
        "event_id": "e-1",
        "type": "move-within",
        "event_date": "2026-04-01",
        "filed_on": "2026-04-01",
        "household": before.record.household_id,
        "address": {"town": "新町", "block": "９番９号"},
    }
    apply_event(inner.engine, read_event(dump_json(event)), at=inner.at)
    parsed = parse_sd_jwt(issue(inner.workshop, job, at=inner.at).credentials[0])
    assert resolve(parsed.payload, parsed.disclosures)["address"]["town"] == "新町"
    with read(inner.engine) as connection:
        assert connection.scalar(sa.select(credential_copy.c.record_version)) == before.history_number + 1


def test_protection_between_offer_and_issue_is_heeded(inner: InnerSide) -> None:
    job = inner.job(inner.handle("P-01"), "basic-four-sd-jwt", copies=1)
    event = {"event_id": "e-2", "type": "support-start", "event_date": "2026-04-01", "filed_on": "2026-04-01"}
    apply_event(inner.engine, read_event(dump_json({**event, "residents": ["P-01"], "until": "2027-03-31"})), at=inner.at)
    with pytest.raises(WarifuError) as refusal:
        issue(inner.workshop, job, at=inner.at)
    assert refusal.value.code == "issuance_refused"
    assert states(inner) == []


def test_a_copy_of_another_resident_is_never_handed_over(inner: InnerSide) -> None:
    job = inner.job(inner.handle("P-01"), "basic-four-sd-jwt")
    mine, theirs = reserved(inner, "P-01"), reserved(inner, "P-03")
    check_same_subject(inner.engine, job, mine)
    with pytest.raises(WarifuError) as refusal:
        check_same_subject(inner.engine, job, [*mine, *theirs])
    assert refusal.value.code == "subject_mixed_up"


def test_a_copy_bound_to_another_key_than_the_proven_one_is_never_handed_over(inner: InnerSide) -> None:
    for configuration in ("basic-four-sd-jwt", "basic-four-mdoc"):
        [reservation] = reserved(inner, "P-01", configuration)
        seal(reservation, inner.profile, inner.workshop.signer, anchors=inner.workshop.anchors, at=inner.at)
    [reservation] = reserved(inner, "P-01")
    sealed = seal(reservation, inner.profile, inner.workshop.signer, anchors=inner.workshop.anchors, at=inner.at)
    other = replace(reservation, holder_key=generate_signer().public_key)
    with pytest.raises(WarifuError) as refusal:
        check_after_signing(sealed, other, inner.workshop.anchors, inner.at)
    assert refusal.value.layer == "key-binding"


def test_of_many_requests_at_once_each_gets_its_own_record(inner: InnerSide) -> None:
    """Four at a time, every resident several times over: name and key of each copy are those of who asked."""
    residents = [f"P-0{number}" for number in (1, 2, 3, 4, 5)]
    with read(inner.engine) as connection:
        names = {one: snapshot.record.full_name for one, snapshot in latest(connection, residents, numbers=False).items()}
    handles = {one: inner.handle(one) for one in residents}
    keys = {(one, number): generate_signer() for one in residents for number in range(4)}
    jobs = {place: inner.job(handles[place[0]], "basic-four-sd-jwt", keys=[key]) for place, key in keys.items()}
    with ThreadPoolExecutor(4) as pool:
        results = dict(zip(jobs, pool.map(lambda job: issue(inner.workshop, job, at=inner.at), jobs.values()), strict=True))
    for place, sealed in results.items():
        parsed = parse_sd_jwt(sealed.credentials[0])
        assert resolve(parsed.payload, parsed.disclosures)["name"] == names[place[0]]
        assert parsed.payload["cnf"]["jwk"] == public_jwk(keys[place].public_key)
