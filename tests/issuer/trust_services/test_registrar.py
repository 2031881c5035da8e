"""The registrar: certificates for keys that are proven, statements that wallets check, a list of issuers (threats A28, D08, F12, F14)."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from issuer.store.registrar import api_key
from issuer.trust_services.registrar.access import create_api_key
from issuer.trust_services.registrar.keys import RegistrarKeys, create_keys, open_keys
from issuer.trust_services.registrar.office import STORE_PACKAGE, RegistrarOffice
from issuer.trust_services.registrar.settings import RegistrarSettings
from issuer.web.registrar import create_app
from runtime.migrations import migrate
from runtime.signers import MemorySigner, generate_signer
from runtime.store import open_engine, read
from schemas.errors import WarifuError
from schemas.formats.jose import parse_jws, verify_jws, x5c_chain
from schemas.messages.openid4vp import client_id_for
from schemas.messages.registration import parse_registration
from schemas.trust import Anchors, Authority, SigningIdentity, Subject, TrustAnchor, TrustPurpose, build_leaf, build_root, check_chain
from tests.world import AT, City

URL = "https://localhost:8446"
PURPOSE = {
    "name": "address-check",
    "text": {"ja": "住所の確認", "en": "Confirm your address"},
    "types": ["https://catalogue.example/resident-record/1"],
    "claims": [["address"]],
}
CITY = City("999997", "割符市", "front.example")


@pytest.fixture(scope="module")
def keys() -> RegistrarKeys:
    """Keys in memory: wrapping files costs a second each, and one test does that."""
    root_signer, attester_signer = generate_signer(), generate_signer()
    times = {"not_before": AT - timedelta(days=1), "not_after": AT + timedelta(days=3000)}
    subject = Subject("Reader Root", "割符登録局")
    root = Authority(build_root(subject=subject, signer=root_signer, serial=1, **times), root_signer)
    leaf = build_leaf(
        TrustPurpose.ATTESTER,
        subject=Subject("Registrations", "割符登録局"),
        public_key=attester_signer.public_key,
        issuer=root,
        uris=[URL],
        serial=2,
        **times,
    )
    return RegistrarKeys(root, SigningIdentity(attester_signer, (leaf,)))


@dataclass
class Registrar:
    office: RegistrarOffice
    key: str

    def send(self, method: str, path: str, body: Any = None, *, key: str | None = None, **headers: str) -> httpx.Response:
        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(create_app(self.office))
            async with httpx.AsyncClient(transport=transport, base_url=URL) as client:
                sent = {"Authorization": f"Bearer {self.key if key is None else key}"} | headers
                return await client.request(method, path, json=body, headers=sent)

        return asyncio.run(once())

    def apply(self, **changes: Any) -> httpx.Response:
        return self.send("POST", "/api/v1/relying-parties", application() | changes)

    @property
    def anchors(self) -> Anchors:
        purposes = frozenset({TrustPurpose.READER, TrustPurpose.ATTESTER})
        return Anchors([TrustAnchor(purposes=purposes, certificate=self.office.keys.root.certificate)])


@pytest.fixture
def registrar(store_url: str, keys: RegistrarKeys) -> Iterator[Registrar]:
    engine = open_engine(store_url)
    migrate(engine, STORE_PACKAGE)
    settings = RegistrarSettings(public_url=URL, store_url=store_url, name="割符登録局")
    office = RegistrarOffice(engine, settings, keys, lambda: AT, secrets.token_bytes)
    key = create_api_key(engine, actor="test", scopes=["relying-parties", "issuers"], random=secrets.token_bytes, at=AT)
    yield Registrar(office, key)
    engine.dispose()


def csr_for(key: Any, name: str = "whatever the applicant writes") -> str:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


PARTY = generate_signer()


def application(signer: MemorySigner = PARTY) -> dict[str, Any]:
    return {
        "name": "割符銀行",
        "csr": csr_for(signer.private_key),
        "uris": ["https://verifier.example"],
        "dns_names": ["verifier.example"],
        "purposes": [PURPOSE, {**PURPOSE, "name": "age-check", "claims": [["age_over_18"]]}],
    }


def test_a_relying_party_gets_a_certificate_that_wallets_accept(registrar: Registrar) -> None:
    response = registrar.apply()
    assert response.status_code == 201
    answer = response.json()

    (leaf,) = x509.load_pem_x509_certificates(answer["certificate_chain"].encode())
    identity = check_chain([leaf.public_bytes(Encoding.DER)], anchors=registrar.anchors, purpose=TrustPurpose.READER, at=AT)
    assert identity.public_key == PARTY.public_key
    assert leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value == "割符銀行"
    assert "whatever" not in leaf.subject.rfc4514_string()
    assert answer["client_id"] == client_id_for(leaf.public_bytes(Encoding.DER))
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc < timedelta(days=398)


def test_each_purpose_has_a_statement_that_wallets_accept(registrar: Registrar) -> None:
    answer = registrar.apply().json()
    assert answer["registrations"].keys() == {"address-check", "age-check"}
    for name, token in answer["registrations"].items():
        checked = parse_registration(token, client_id=answer["client_id"], anchors=registrar.anchors, at=AT)
        assert checked.name == "割符銀行"
        assert [purpose.name for purpose in checked.purposes] == [name]
    with pytest.raises(WarifuError) as caught:
        parse_registration(token, client_id="x509_hash:other", anchors=registrar.anchors, at=AT)
    assert caught.value.code == "registration_mismatch"


def test_the_certificate_serves_no_other_purpose(registrar: Registrar) -> None:
    (leaf,) = x509.load_pem_x509_certificates(registrar.apply().json()["certificate_chain"].encode())
    everything = Anchors(
        [TrustAnchor(purposes=frozenset(TrustPurpose), certificate=registrar.office.keys.root.certificate, municipality="999997")]
    )
    for purpose in set(TrustPurpose) - {TrustPurpose.READER}:
        with pytest.raises(WarifuError):
            check_chain([leaf.public_bytes(Encoding.DER)], anchors=everything, purpose=purpose, at=AT)


def test_who_cannot_prove_the_key_gets_nothing(registrar: Registrar) -> None:
    der = x509.load_pem_x509_csr(application()["csr"].encode()).public_bytes(Encoding.DER)
    forged = der[:-1] + bytes([der[-1] ^ 1])
    import base64

    pem = f"-----BEGIN CERTIFICATE REQUEST-----\n{base64.b64encode(forged).decode()}\n-----END CERTIFICATE REQUEST-----\n"
    response = registrar.apply(csr=pem)
    assert (response.status_code, response.json()["code"]) == (400, "csr_not_proven")


@pytest.mark.parametrize(
    "csr",
    [
        "",
        "no PEM",
        "é",
        csr_for(ec.generate_private_key(ec.SECP384R1())),
        csr_for(rsa.generate_private_key(65537, 2048)),
    ],
)
def test_other_keys_are_refused(registrar: Registrar, csr: str) -> None:
    assert registrar.apply(csr=csr).json()["code"] in {"bad_csr", "bad_application"}


def test_the_registrars_own_keys_are_not_certified_for_others(registrar: Registrar) -> None:
    signer = registrar.office.keys.root.signer
    assert isinstance(signer, MemorySigner)
    assert registrar.apply(csr=csr_for(signer.private_key)).json()["code"] == "key_not_fresh"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "n" * 65},
        {"name": "bank\u202e"},
        {"purposes": []},
        {"purposes": [PURPOSE, PURPOSE]},
        {"purposes": [{**PURPOSE, "text": {"en": "only English"}}]},
        {"purposes": [{**PURPOSE, "types": []}]},
        {"dns_names": ["*.example"]},
        {"dns_names": ["a b"]},
        {"uris": ["http://verifier.example"]},
        {"uris": ["javascript:alert(1)"]},
        {"more": 1},
    ],
)
def test_applications_that_are_refused(registrar: Registrar, changes: dict[str, Any]) -> None:
    response = registrar.apply(**changes)
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert registrar.send("GET", "/relying-parties").json() == {"relying_parties": []}


def test_the_register_is_public_and_forgets_who_was_revoked(registrar: Registrar) -> None:
    answer = registrar.apply().json()
    listed = registrar.send("GET", "/relying-parties", key="").json()["relying_parties"]
    assert [(entry["name"], entry["client_id"]) for entry in listed] == [("割符銀行", answer["client_id"])]
    assert registrar.send("POST", f"/api/v1/relying-parties/{answer['id']}/revoke").status_code == 204
    assert registrar.send("POST", f"/api/v1/relying-parties/{answer['id']}/revoke").status_code == 404
    assert registrar.send("GET", "/relying-parties").json() == {"relying_parties": []}


@pytest.mark.parametrize("path", ["/api/v1/relying-parties", "/api/v1/relying-parties/x/revoke", "/api/v1/issuers"])
@pytest.mark.parametrize("key", ["", "rk_unknown"])
def test_every_route_of_the_back_office_needs_a_key(registrar: Registrar, path: str, key: str) -> None:
    assert registrar.send("POST", path, application(), key=key).status_code == 401
    assert registrar.send("POST", path, application(), Authorization=f"Basic {registrar.key}").status_code == 401


def test_a_key_does_what_it_was_made_for(registrar: Registrar) -> None:
    key = create_api_key(registrar.office.engine, actor="a", scopes=["issuers"], random=secrets.token_bytes, at=AT)
    assert registrar.send("POST", "/api/v1/relying-parties", application(), key=key).status_code == 403
    with read(registrar.office.engine) as connection:
        assert key not in str(connection.execute(sa.select(api_key)).all())
    with pytest.raises(WarifuError):
        create_api_key(registrar.office.engine, actor="a", scopes=["everything"], random=secrets.token_bytes, at=AT)


def entry(**changes: Any) -> dict[str, Any]:
    root = CITY.root.certificate.public_bytes(Encoding.PEM).decode()
    values = {"issuer": CITY.issuer, "municipality_code": CITY.code, "name": CITY.name, "root": root, "status_origins": [CITY.origin]}
    return values | changes


def test_the_issuer_list_is_signed_by_the_registrar(registrar: Registrar) -> None:
    assert registrar.send("POST", "/api/v1/issuers", entry()).status_code == 204
    assert registrar.send("POST", "/api/v1/issuers", entry(name="割符市 (新)")).status_code == 204

    response = registrar.send("GET", "/issuers.jwt", key="")
    assert response.headers["content-type"] == "application/jwt"
    jws = parse_jws(response.text, typ="warifu-issuer-list+jwt")
    verify_jws(jws, check_chain(x5c_chain(jws.header), anchors=registrar.anchors, purpose=TrustPurpose.ATTESTER, at=AT).public_key)
    claims = jws.claims()
    assert claims["issuers"] == registrar.send("GET", "/issuers").json()["issuers"] == [entry(name="割符市 (新)")]
    assert claims["exp"] > claims["iat"] == int(AT.timestamp())


@pytest.mark.parametrize(
    "changes",
    [
        {"municipality_code": "999989"},
        {"municipality_code": "999999"},
        {"root": CITY.document_signer.certificate.public_bytes(Encoding.PEM).decode()},
        {"root": "x"},
        {"issuer": "http://front.example/999997"},
        {"status_origins": []},
        {"status_origins": ["https://front.example/999997"]},
        {"more": 1},
    ],
)
def test_entries_that_are_refused(registrar: Registrar, changes: dict[str, Any]) -> None:
    assert registrar.send("POST", "/api/v1/issuers", entry(**changes)).status_code == 400
    assert registrar.send("GET", "/issuers").json() == {"issuers": []}


def test_type_metadata_is_served_at_the_path_of_its_vct(registrar: Registrar) -> None:
    types = registrar.send("GET", "/types").json()["types"]
    assert {kind["name"] for kind in types} == {"resident-record", "basic-four"}
    for kind in types:
        response = registrar.send("GET", kind["vct"].removeprefix("https://catalogue.example"), key="")
        assert response.json()["vct"] == kind["vct"]
        assert response.headers["access-control-allow-origin"] == "*"


def test_the_foreign_schema_accepts_our_type_metadata(registrar: Registrar, foreign_vectors: Path) -> None:
    path = foreign_vectors / "oidf-conformance" / "json-schemas" / "sdjwtvc" / "type_metadata.json"
    validator = jsonschema.Draft202012Validator(json.loads(path.read_bytes()))
    for kind in ("resident-record", "basic-four"):
        document = registrar.send("GET", f"/{kind}/1").json()
        assert [error.message for error in validator.iter_errors(document)] == []
    assert list(validator.iter_errors({"name": 5})) != []


def test_keys_in_files_open_again(tmp_path: Path) -> None:
    made = create_keys(tmp_path, name="割符登録局", public_url=URL, passphrase=b"a passphrase", at=AT)
    opened = open_keys(tmp_path, passphrase=b"a passphrase")
    assert opened.root.certificate == made.root.certificate
    assert opened.attester.chain == made.attester.chain
    check_chain(
        opened.attester.chain_der,
        anchors=Anchors([TrustAnchor(purposes=frozenset({TrustPurpose.ATTESTER}), certificate=opened.root.certificate)]),
        purpose=TrustPurpose.ATTESTER,
        at=AT,
    )
    with pytest.raises(WarifuError) as caught:
        open_keys(tmp_path, passphrase=b"another")
    assert caught.value.code == "passphrase_wrong"
    with pytest.raises(WarifuError) as caught:
        open_keys(tmp_path / "nowhere", passphrase=b"x")
    assert caught.value.code == "registrar_keys_missing"
