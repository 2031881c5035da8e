"""The inner side signs what the city would say itself, and nothing that a front in other hands would like it to say (C07, C28)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from issuer.keys import KeyRing
from issuer.keys.keyring import KeyRole
from issuer.municipality.metadata import LIFE, MetadataDesk, check_metadata, own_configurations
from issuer.municipality.office import Office
from issuer.municipality.service import WORKERS, Service
from issuer.municipality.settings import InnerSettings
from runtime.signers import generate_signer
from schemas.errors import UndeterminedError, WarifuError
from schemas.formats.encoding import dump_json
from schemas.formats.jose import public_jwk
from schemas.messages import openid4vci as vci
from schemas.trust import Anchors, SigningIdentity
from tests.issuer.municipality.conftest import InnerSide, RecordingFront

EVIL = "https://evil.example"
NAMES = frozenset({"割符市", "Warifu City"})
KEY = {**public_jwk(generate_signer().public_key), "kid": "1", "alg": "ECDH-ES", "use": "enc"}
Document = dict[str, Any]
Change = Callable[[Document], object]


def document(inner: InnerSide) -> Document:
    """What an honest front says."""
    issuer = inner.profile.issuer
    encs = ["A128GCM", "A256GCM"]
    return {
        "credential_issuer": issuer,
        "credential_endpoint": f"{issuer}/credential",
        "nonce_endpoint": f"{issuer}/nonce",
        "deferred_credential_endpoint": f"{issuer}/deferred_credential",
        "notification_endpoint": f"{issuer}/notification",
        "credential_request_encryption": {"jwks": {"keys": [dict(KEY)]}, "enc_values_supported": encs, "encryption_required": False},
        "credential_response_encryption": {
            "alg_values_supported": ["ECDH-ES"],
            "enc_values_supported": encs,
            "encryption_required": False,
        },
        "batch_credential_issuance": {"batch_size": 20},
        "display": [{"name": "割符市", "locale": "ja-JP"}, {"name": "Warifu City", "locale": "en"}],
        "credential_configurations_supported": own_configurations(inner.profile),
    }


def desk(inner: InnerSide, **changes: Any) -> MetadataDesk:
    inner.front.unsigned = inner.front.unsigned or dump_json(document(inner))
    city = inner.world.warifu
    values: dict[str, Any] = {
        "front": inner.front,
        "profile": inner.profile,
        "names": NAMES,
        "identity": city.metadata_signer,
        "anchors": Anchors((city.anchor,)),
        "now": lambda: inner.at,
    }
    return MetadataDesk(**values | changes)


def test_what_the_front_says_comes_back_signed(inner: InnerSide) -> None:
    assert desk(inner).renew()
    (signed,) = inner.front.signed
    city = inner.world.warifu
    read = vci.check_signed_metadata(signed, expected_issuer=city.issuer, anchors=Anchors((city.anchor,)), at=inner.at)
    assert read.raw == document(inner)
    statement = vci.parse_signed_metadata(signed)
    assert (statement.issued_at, statement.expires_at) == (inner.at, inner.at + LIFE)


def test_it_is_signed_at_the_start_and_after_a_day(inner: InnerSide) -> None:
    worker = desk(inner)
    assert [worker.renew(), worker.renew()] == [True, False]
    inner.at += timedelta(hours=23, minutes=59)
    assert not worker.renew()
    inner.at += timedelta(minutes=1)
    assert worker.renew()
    assert len(inner.front.signed) == 2
    assert desk(inner).renew(), "a process that starts anew signs anew"


def test_a_process_signs_with_its_ring_and_its_settings(inner: InnerSide) -> None:
    city = inner.world.warifu
    identities = {KeyRole.METADATA_SIGNER: city.metadata_signer, KeyRole.STATUS_SIGNER: city.status_signer}
    settings = InnerSettings(
        municipality_code=city.code,
        municipality_name="割符市",
        municipality_name_en="Warifu City",
        issuer=city.issuer,
        front_url="https://localhost:1",
    )
    office = Office(Path(), settings, inner.engine, inner.profile, inner.front)
    service = Service(office, inner.workshop, KeyRing(city.root.certificate, identities), lambda: inner.at)
    inner.front.unsigned = dump_json(document(inner))
    assert service.metadata_desk().renew()
    assert "metadata" in WORKERS
    assert len(service.loops(("metadata",))) == 1
    unnamed = replace(office, settings=settings.model_copy(update={"municipality_name_en": ""}))
    with pytest.raises(WarifuError, match="another name"):
        replace(service, office=unnamed).metadata_desk().renew()


def test_it_never_ends_between_two_signatures(inner: InnerSide) -> None:
    worker = desk(inner)
    worker.renew()
    inner.at += timedelta(days=1)
    assert vci.parse_signed_metadata(inner.front.signed[0]).expires_at > inner.at + timedelta(hours=12)  # type: ignore[operator]  # it has an end


def test_a_changed_document_is_signed_at_the_next_look(inner: InnerSide) -> None:
    worker = desk(inner)
    worker.renew()
    inner.front.unsigned = dump_json(document(inner) | {"batch_credential_issuance": {"batch_size": 10}})
    inner.at += timedelta(minutes=1)
    assert [worker.renew(), worker.renew()] == [True, False]


def test_a_front_that_did_not_take_it_gets_it_again(inner: InnerSide) -> None:
    class Away(RecordingFront):
        def put_metadata(self, body: bytes) -> None:
            raise UndeterminedError("unreachable", "the server cannot be reached")

    worker = desk(inner, front=Away(unsigned=dump_json(document(inner))))
    for _ in range(2):
        with pytest.raises(UndeterminedError):
            worker.renew()


def test_nothing_is_published_that_a_wallet_would_refuse(inner: InnerSide) -> None:
    city = inner.world.warifu
    identities: list[SigningIdentity] = [city.document_signer, city.status_signer, inner.world.tonari.metadata_signer]
    for identity in identities:
        with pytest.raises(WarifuError):
            desk(inner, identity=identity).renew()
    assert inner.front.signed == []


def _set(*path: str | int, to: object) -> Change:
    def change(target: Any) -> None:
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = to

    return change


CONFIGURATIONS = "credential_configurations_supported"
REQUEST, RESPONSE = "credential_request_encryption", "credential_response_encryption"
ENDPOINTS = ("credential_endpoint", "nonce_endpoint", "deferred_credential_endpoint", "notification_endpoint")
FORGERIES: dict[str, Change] = {
    **{f"{name} elsewhere": _set(name, to=f"{EVIL}/999997/credential") for name in ENDPOINTS},
    "a neighbour's endpoint": lambda it: it.update(nonce_endpoint=it["credential_issuer"].replace("999997", "999989") + "/nonce"),
    "an endpoint that only begins like it": lambda it: it.update(nonce_endpoint=it["credential_issuer"] + ".evil.example/nonce"),
    "a way out of the path": lambda it: it.update(nonce_endpoint=it["credential_issuer"] + "/../999989/nonce"),
    "a hidden way out of the path": lambda it: it.update(nonce_endpoint=it["credential_issuer"] + "/%2e%2e/nonce"),
    "a query": lambda it: it.update(nonce_endpoint=it["credential_issuer"] + "/nonce?to=evil"),
    "the issuer itself": lambda it: it.update(nonce_endpoint=it["credential_issuer"]),
    "an authorization server": _set("authorization_servers", to=[EVIL]),
    "an unknown member": _set("token_endpoint", to=f"{EVIL}/token"),
    "a claim about the statement": _set("exp", to=4102444800),
    "an unknown member of encryption": _set(RESPONSE, "zip_values_supported", to=["DEF"]),
    "an unknown member of the batch": _set("batch_credential_issuance", "x", to=1),
    "another name": _set("display", 0, "name", to="隣町市"),
    "a second name": lambda it: it["display"].append({"name": "内閣府", "locale": "ja-JP"}),
    "a name of another kind": _set("display", 0, "name", to=["割符市"]),
    "a logo": _set("display", 0, "logo", to={"uri": f"{EVIL}/logo.png"}),
    "words in place of a language": _set("display", 0, "locale", to="Pay at https://evil.example"),
    "another type": _set(CONFIGURATIONS, "basic-four-sd-jwt", "vct", to=f"{EVIL}/passport/1"),
    "a further type": lambda it: it[CONFIGURATIONS].update({"passport": it[CONFIGURATIONS]["basic-four-sd-jwt"]}),
    "a type less": lambda it: it[CONFIGURATIONS].pop("basic-four-sd-jwt"),
    "another proof": _set(CONFIGURATIONS, "basic-four-sd-jwt", "proof_types_supported", to={}),
    "other words for a claim": _set(CONFIGURATIONS, "basic-four-sd-jwt", "credential_metadata", "display", 0, "name", to="口座の暗証番号"),
    "no encrypted requests": lambda it: it.pop(REQUEST),
    "no encrypted responses": lambda it: it.pop(RESPONSE),
    "weaker encryption of responses": _set(RESPONSE, "alg_values_supported", to=["ECDH-ES", "RSA1_5"]),
    "weaker encryption of content": _set(RESPONSE, "enc_values_supported", to=["A128GCM", "A128CBC-HS256"]),
    "weaker encryption of requests": _set(REQUEST, "enc_values_supported", to=["A128CBC-HS256"]),
    "a private key": _set(REQUEST, "jwks", "keys", 0, "d", to=KEY["x"]),
    "a key elsewhere": _set(REQUEST, "jwks", "keys", 0, "x5u", to=EVIL),
    "a key of another kind": _set(REQUEST, "jwks", "keys", 0, to={"kty": "RSA", "kid": "1"}),
    "more copies than a job holds": _set("batch_credential_issuance", "batch_size", to=1000),
    "another issuer": _set("credential_issuer", to="https://tonari.example/999989"),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_front_in_other_hands_has_nothing_signed(inner: InnerSide, forgery: str) -> None:
    forged = document(inner)
    FORGERIES[forgery](forged)
    inner.front.unsigned = dump_json(forged)
    with pytest.raises(WarifuError) as caught:
        desk(inner).renew()
    assert caught.value.code in {"metadata_not_ours", "issuer_mismatch", "bad_jwk"}
    assert inner.front.signed == []


def test_a_city_without_an_english_name_signs_none(inner: InnerSide) -> None:
    with pytest.raises(WarifuError, match="another name"):
        desk(inner, names=frozenset({"割符市"})).renew()


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"credential_issuer":"x"}'])
def test_what_is_no_metadata_is_not_signed(inner: InnerSide, body: bytes) -> None:
    with pytest.raises(WarifuError):
        check_metadata(body, profile=inner.profile, names=NAMES)


def test_an_endpoint_may_be_absent(inner: InnerSide) -> None:
    less = document(inner)
    del less["notification_endpoint"], less["display"]
    assert check_metadata(dump_json(less), profile=inner.profile, names=NAMES) == less
