"""Registration: what is applied for, and that a certificate for another key is not taken."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from runtime.fetcher import GuardedFetcher
from runtime.signers import generate_signer
from schemas.errors import UndeterminedError, WarifuError
from schemas.messages.openid4vp import client_id_for
from schemas.trust import Subject, TrustPurpose, build_leaf
from tests.verifier.parts import make_purpose
from tests.world import World, certificate_serial
from verifier.office import load_chain, load_registrations
from verifier.purposes import registered_purpose_of
from verifier.registrar import certificate_request, parse_certified, register_at, store_certified


def certificate_for(world: World, public_key: Any) -> str:
    leaf = build_leaf(
        TrustPurpose.READER,
        subject=Subject("割符銀行", "割符銀行"),
        public_key=public_key,
        issuer=world.registrar,
        uris=["https://verifier.example"],
        serial=certificate_serial("test"),
        not_before=world.at,
        not_after=world.at + timedelta(days=90),
    )
    return leaf.public_bytes(Encoding.PEM).decode()


def register(answer: httpx.Response) -> tuple[Any, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer

    signer = generate_signer()
    certified = register_at(
        GuardedFetcher(transport=httpx.MockTransport(handle)),
        "https://registrar.example/",
        name="割符銀行",
        public_url="https://verifier.example",
        csr_pem=certificate_request(signer.private_key, "割符銀行"),
        purposes=[registered_purpose_of(make_purpose())],
        key="rk_key",
    )
    return certified, seen


def test_an_application_proves_its_key_and_names_its_purposes(world: World) -> None:
    answer = {"certificate_chain": certificate_for(world, generate_signer().public_key), "registrations": {"test": "a.b.c"}}
    certified, (request,) = register(httpx.Response(201, json=answer))
    assert str(request.url) == "https://registrar.example/api/v1/relying-parties"
    assert request.headers["authorization"] == "Bearer rk_key"
    sent = json.loads(request.content)
    assert x509.load_pem_x509_csr(sent["csr"].encode()).is_signature_valid
    assert (sent["uris"], sent["dns_names"]) == (["https://verifier.example"], ["verifier.example"])
    assert sent["purposes"][0]["claims"] == [["address", "prefecture"], ["birthdate"], ["name"]]
    assert certified.registrations == {"test": "a.b.c"}


def test_what_came_back_is_kept_only_for_our_own_key(world: World, tmp_path: Path) -> None:
    ours = generate_signer().public_key
    certified = parse_certified({"certificate_chain": certificate_for(world, ours), "registrations": {"test": "a.b.c"}})
    client_id = store_certified(tmp_path, certified, ours)
    assert client_id == client_id_for(load_chain(tmp_path)[0].public_bytes(Encoding.DER))
    assert load_registrations(tmp_path) == {"test": "a.b.c"}
    with pytest.raises(WarifuError) as caught:
        store_certified(tmp_path, certified, generate_signer().public_key)
    assert caught.value.code == "registration_malformed"


@pytest.mark.parametrize(("status", "kind"), [(401, WarifuError), (400, WarifuError), (503, UndeterminedError)])
def test_a_refusal_is_told(status: int, kind: type[WarifuError]) -> None:
    with pytest.raises(kind) as caught:
        register(httpx.Response(status, json={}))
    assert caught.value.code == ("registrar_unavailable" if status == 503 else "registration_refused")


@pytest.mark.parametrize(
    "answer",
    [{}, {"certificate_chain": "x", "registrations": {}}, {"certificate_chain": 1, "registrations": {}}, {"registrations": {"a": 1}}],
)
def test_an_answer_of_another_shape_is_refused(answer: dict[str, Any]) -> None:
    with pytest.raises(WarifuError) as caught:
        parse_certified(answer)
    assert caught.value.code == "registration_malformed"
