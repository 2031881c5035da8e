"""The issuing cycle on a real store: what is issued, what is refused, and that nothing half done stays alive."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from issuer.municipality.audit import verify_chain
from issuer.municipality.credentials.attest import SOURCES
from issuer.municipality.credentials.cycle import handed_over, issue, reconcile
from issuer.municipality.credentials.jobs import answer_job
from issuer.store.municipality.issuing import credential_copy, status_entry
from runtime.signers import generate_signer
from runtime.store import begin, read
from schemas.credentials import catalogue
from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode
from schemas.formats.mdoc import parse_issuer_signed
from schemas.formats.sdjwt import parse_sd_jwt, resolve
from schemas.messages.jobs import JobError
from schemas.messages.openid4vci import IssuedCredentials
from tests.issuer.municipality.conftest import InnerSide


def states(inner: InnerSide) -> list[str]:
    with read(inner.engine) as connection:
        return list(connection.scalars(sa.select(credential_copy.c.state)))


def live_indexes(inner: InnerSide) -> int:
    with read(inner.engine) as connection:
        query = sa.select(sa.func.count()).where(status_entry.c.revoked.is_(False))
        return int(connection.scalar(query.select_from(status_entry)) or 0)


def test_every_claim_of_every_type_has_a_source() -> None:
    constant = {"certified_on", "issuing_municipality.code", "issuing_municipality.name", "holder_relation"}
    for kind in catalogue("https://catalogue.example", "example.catalogue").types:
        assert set(kind.by_name) - constant - SOURCES.keys() == set()


@pytest.mark.parametrize("configuration", ["resident-record-sd-jwt", "basic-four-sd-jwt"])
def test_an_sd_jwt_says_what_the_register_says(inner: InnerSide, configuration: str) -> None:
    sealed = issue(inner.workshop, inner.job(inner.handle("P-01"), configuration), at=inner.at)
    parsed = parse_sd_jwt(sealed.credentials[0])
    claims = resolve(parsed.payload, parsed.disclosures)
    assert claims["issuing_municipality"] == {"code": "999997", "name": "割符市"}
    assert claims["certified_on"] == "2026-04-01"
    assert claims["iss"] == inner.profile.issuer
    assert claims["address"]["municipality"] == "割符市"
    assert "registered_domicile" not in claims
    assert len(sealed.credentials) == 2
    handed_over(inner.workshop, sealed, at=inner.at)
    assert states(inner) == ["delivered", "delivered"]


def test_an_mdoc_says_the_same_and_has_its_own_status(inner: InnerSide) -> None:
    sealed = issue(inner.workshop, inner.job(inner.handle("P-01"), "resident-record-mdoc", copies=3), at=inner.at)
    signed = [parse_issuer_signed(b64url_decode(text)) for text in sealed.credentials]
    indexes = {one.mso.status["status_list"]["idx"] for one in signed if one.mso.status is not None}
    assert len(indexes) == 3


def test_a_special_request_adds_the_items_and_only_then(inner: InnerSide) -> None:
    handle = inner.handle("P-01", specials=["registered-domicile"])
    parsed = parse_sd_jwt(issue(inner.workshop, inner.job(handle, "resident-record-sd-jwt", copies=1), at=inner.at).credentials[0])
    claims = resolve(parsed.payload, parsed.disclosures)
    assert claims["registered_domicile"]
    assert "relationship" not in claims


@pytest.mark.parametrize("resident", ["P-06", "P-09"])
def test_moving_out_and_protection_refuse_with_one_text(inner: InnerSide, resident: str) -> None:
    job = inner.job(inner.handle(resident), "resident-record-sd-jwt")
    answer_job(inner.workshop, inner.front, job, at=inner.at)
    result = inner.front.results[job.job_id]
    assert result == JobError("credential_request_denied", "この証明書はこの方法では交付できません。市民課窓口へお越しください。")
    assert states(inner) == []


def test_validity_ends_before_the_next_birthday_and_the_end_of_stay(inner: InnerSide) -> None:
    sealed = issue(inner.workshop, inner.job(inner.handle("P-08"), "basic-four-sd-jwt", copies=1), at=inner.at)
    payload = parse_sd_jwt(sealed.credentials[0]).payload
    assert payload["exp"] - payload["iat"] < timedelta(days=14).total_seconds()
    assert payload["exp"] > inner.at.timestamp()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"audience": "https://other.example/999989"}, "wrong_audience"),
        ({"nonce": "another-nonce-altogether"}, "invalid_nonce"),
        ({"proofs": ()}, "invalid_proof"),
        ({"configuration_id": "no-such-type-mdoc"}, "unknown_credential_configuration"),
        ({"subject_handle": "no-such-handle-at-all"}, "handle_unknown"),
    ],
)
def test_a_captured_front_cannot_talk_the_inner_side_into_it(inner: InnerSide, changes: dict[str, object], code: str) -> None:
    job = replace(inner.job(inner.handle("P-01"), "basic-four-sd-jwt"), **changes)  # type: ignore[arg-type]  # members by name
    with pytest.raises(WarifuError) as refusal:
        issue(inner.workshop, job, at=inner.at)
    assert refusal.value.code == code
    assert states(inner) == []


def test_a_holder_key_serves_one_resident_and_one_live_copy_of_a_kind(inner: InnerSide) -> None:
    key = generate_signer()
    handle = inner.handle("P-01")
    issue(inner.workshop, inner.job(handle, "basic-four-sd-jwt", keys=[key]), at=inner.at)
    issue(inner.workshop, inner.job(handle, "basic-four-mdoc", keys=[key]), at=inner.at)
    for job in (
        inner.job(handle, "basic-four-sd-jwt", keys=[key]),
        inner.job(inner.handle("P-03"), "basic-four-mdoc", keys=[key]),
        inner.job(handle, "resident-record-sd-jwt", keys=[generate_signer()] * 2),
    ):
        with pytest.raises(WarifuError) as refusal:
            issue(inner.workshop, job, at=inner.at)
        assert refusal.value.code == "key_used_twice"


def test_a_repeated_request_revokes_the_first_copies(inner: InnerSide) -> None:
    handle, keys = inner.handle("P-01"), [generate_signer(), generate_signer()]
    job = inner.job(handle, "basic-four-sd-jwt", keys=keys)
    issue(inner.workshop, job, at=inner.at)
    issue(inner.workshop, job, at=inner.at)
    assert sorted(states(inner)) == ["revoked", "revoked", "signed", "signed"]
    assert live_indexes(inner) == 2


def test_a_result_that_nobody_takes_is_withdrawn(inner: InnerSide) -> None:
    inner.front.gone = True
    answer_job(inner.workshop, inner.front, inner.job(inner.handle("P-01"), "basic-four-mdoc"), at=inner.at)
    assert states(inner) == ["revoked", "revoked"]
    assert live_indexes(inner) == 0


def test_a_failure_while_sealing_leaves_no_copy_alive(inner: InnerSide) -> None:
    other_city = replace(inner.workshop, signer=inner.world.tonari.document_signer)
    with pytest.raises(WarifuError):
        issue(other_city, inner.job(inner.handle("P-01"), "basic-four-sd-jwt", copies=3), at=inner.at)
    assert states(inner) == ["revoked"] * 3
    assert live_indexes(inner) == 0


def test_what_a_stopped_process_left_is_revoked_at_the_next_start(inner: InnerSide) -> None:
    issue(inner.workshop, inner.job(inner.handle("P-01"), "basic-four-sd-jwt"), at=inner.at)
    assert reconcile(inner.workshop, at=inner.at) == 2
    assert states(inner) == ["revoked", "revoked"]


def test_the_front_gets_the_copies_and_the_audit_log_holds(inner: InnerSide) -> None:
    job = inner.job(inner.handle("P-01"), "resident-record-mdoc")
    answer_job(inner.workshop, inner.front, job, at=inner.at)
    result = inner.front.results[job.job_id]
    assert isinstance(result, IssuedCredentials)
    assert len(result.credentials) == 2
    assert result.notification_id == job.notification_id
    with read(inner.engine) as connection:
        assert verify_chain(connection) == 4


def test_the_store_itself_refuses_to_take_a_revocation_back(inner: InnerSide) -> None:
    issue(inner.workshop, inner.job(inner.handle("P-01"), "basic-four-sd-jwt"), at=inner.at)
    reconcile(inner.workshop, at=inner.at)
    for statement in (
        sa.update(status_entry).values(revoked=False),
        sa.update(credential_copy).values(state="delivered"),
        sa.delete(credential_copy),
    ):
        with pytest.raises(sa.exc.DBAPIError), begin(inner.engine) as connection:
            connection.execute(statement)
