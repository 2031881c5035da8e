"""The registrar's statements: bound to one certificate, ended in time, and no more is asked for than they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from schemas.errors import WarifuError
from schemas.formats.jose import sign_jwt, x5c_header
from schemas.messages.dcql import parse_query
from schemas.messages.registration import (
    REGISTRATION_TYP,
    RegisteredPurpose,
    Registration,
    build_registration,
    parse_purpose,
    parse_registration,
    registered_purpose,
)
from tests.world import World

VCT = "https://catalogue.example/resident-record/1"
PURPOSE = RegisteredPurpose("check", {"ja": "確認", "en": "Check"}, frozenset({VCT}), frozenset({("name",), ("address",)}))


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def registration(world: World, **changes: Any) -> Registration:
    return replace(Registration(world.audience, "割符銀行", (PURPOSE,), world.at + timedelta(days=90)), **changes)


def build(world: World, **changes: Any) -> str:
    signer = world.registrar_signer
    return build_registration(registration(world, **changes), signer=signer.signer, chain_der=signer.chain_der, issued_at=world.at)


def code_of(world: World, token: str, **changes: Any) -> str:
    given: dict[str, Any] = {"client_id": world.audience, "anchors": world.reader_anchors, "at": world.at, **changes}
    with pytest.raises(WarifuError) as caught:
        parse_registration(token, **given)
    return caught.value.code


def test_what_the_registrar_builds_a_wallet_reads(world: World) -> None:
    read = parse_registration(build(world), client_id=world.audience, anchors=world.reader_anchors, at=world.at)
    assert read == registration(world)


def test_a_statement_about_another_party_is_refused(world: World) -> None:
    assert code_of(world, build(world), client_id="x509_hash:AAAA") == "registration_mismatch"


def test_an_ended_statement_is_refused(world: World) -> None:
    assert code_of(world, build(world), at=world.at + timedelta(days=90)) == "registration_expired"


def test_only_the_registrars_attester_is_believed(world: World) -> None:
    for identity in (world.bank.identity, world.warifu.document_signer):
        token = build_registration(registration(world), signer=identity.signer, chain_der=identity.chain_der, issued_at=world.at)
        assert code_of(world, token) in {"extended_key_usage_mismatch", "chain_untrusted"}
    token = build_registration(registration(world), signer=world.holder(), chain_der=world.registrar_signer.chain_der, issued_at=world.at)
    assert code_of(world, token) == "bad_signature"


@pytest.mark.parametrize(
    "claims",
    [{"purposes": []}, {"purposes": 1}, {"purposes": [1]}, {"name": ""}, {"name": "x" * 401}, {"exp": None}, {"exp": "x"}, {"exp": True}],
)
def test_a_statement_of_another_shape_is_refused(world: World, claims: dict[str, Any]) -> None:
    signer = world.registrar_signer
    good = {"sub": world.audience, "name": "x", "exp": int(world.at.timestamp()) + 60, "purposes": [PURPOSE.document()]}
    token = sign_jwt(REGISTRATION_TYP, {**good, **claims}, signer.signer, header={"x5c": x5c_header(signer.chain_der)})
    assert code_of(world, token) == "registration_malformed"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": 1},
        {"text": {}},
        {"text": {"en": "only English"}},
        {"text": {"ja": 1}},
        {"types": []},
        {"types": [1]},
        {"claims": None},
        {"claims": [[]]},
        {"claims": [[1]]},
        {"claims": ["name"]},
    ],
)
def test_a_purpose_of_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(WarifuError) as caught:
        parse_purpose({**PURPOSE.document(), **changes})
    assert caught.value.code == "registration_malformed"


def test_a_request_stays_within_its_purpose(world: World) -> None:
    def query(*paths: list[Any], vct: str = VCT) -> Any:
        claims = [{"path": path} for path in paths]
        return parse_query({"credentials": [{"id": "q", "format": "dc+sd-jwt", "meta": {"vct_values": [vct]}, "claims": claims}]})

    held = registration(world)
    for inside in (query(["name"]), query(["address"], ["address", "prefecture"]), query(["name", None])):
        assert registered_purpose(held, inside) == PURPOSE
    for outside in (query(["sex"]), query(["name"], ["birthdate"]), query(["name"], vct="https://catalogue.example/basic-four/1")):
        with pytest.raises(WarifuError) as caught:
            registered_purpose(held, outside)
        assert caught.value.code == "purpose_exceeded"
