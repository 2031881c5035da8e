"""What is written from the definitions: valid by the formats' own schemas, and refusing its forged twin."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cbor2
import jsonschema
import pytest

from schemas.credentials import AppliesTo, CredentialType, catalogue
from schemas.credentials.outputs import cddl, claims_description, display_description, json_schema, samples, type_metadata
from tests import generate

CATALOGUE = catalogue("https://catalogue.example", "example.catalogue")
TYPES = pytest.mark.parametrize("kind", CATALOGUE.types, ids=[kind.name for kind in CATALOGUE.types])
VALIDATOR = jsonschema.Draft202012Validator
REGISTERED = {
    "iss": "https://city.example/999997",
    "iat": 1775001600,
    "exp": 1776211200,
    "cnf": {"jwk": {"kty": "EC"}},
    "status": {"status_list": {"idx": 0, "uri": "https://city.example/999997/status/1.jwt"}},
}


def problems(schema: dict[str, Any], value: object) -> list[str]:
    VALIDATOR.check_schema(schema)
    return [error.message for error in VALIDATOR(schema, format_checker=VALIDATOR.FORMAT_CHECKER).iter_errors(value)]


def processed(kind: CredentialType, who: AppliesTo = AppliesTo.JAPANESE) -> dict[str, Any]:
    return {"vct": kind.vct, **REGISTERED, **kind.to_sd_jwt_claims(kind.sample(who))}


@TYPES
def test_the_schema_accepts_what_the_type_writes(kind: CredentialType) -> None:
    schema = json_schema(kind)
    for who in AppliesTo:
        assert problems(schema, processed(kind, who)) == []
    for name in ("japanese", "foreign", "birth_date_unknown"):
        assert problems(schema, {"vct": kind.vct, **samples(kind)[name]["sd_jwt_claims"]}) == []


def _without(*path: str) -> Callable[[dict[str, Any]], None]:
    def change(claims: dict[str, Any]) -> None:
        for part in path[:-1]:
            claims = claims[part]
        del claims[path[-1]]

    return change


def _with(value: object, *path: str) -> Callable[[dict[str, Any]], None]:
    def change(claims: dict[str, Any]) -> None:
        for part in path[:-1]:
            claims = claims[part]
        claims[path[-1]] = value

    return change


@TYPES
@pytest.mark.parametrize(
    "change",
    [
        _without("certified_on"),
        _without("vct"),
        _without("issuing_municipality"),
        _without("issuing_municipality", "code"),
        _with("https://catalogue.example/other/1", "vct"),
        _with("2026-4-1", "certified_on"),
        _with("123456789018", "individual_number"),
        _with("x", "address", "planet"),
        _with("x", "issuing_municipality", "mayor"),
        _with(3, "sex"),
        _with("2", "sex"),
        _with("", "name"),
        _with("12345", "address", "postal_code"),
        _with("99999a", "issuing_municipality", "code"),
        _with("昭和30年", "birthdate"),
        _with("1955-5", "birthdate"),
        _with(["a"], "_sd"),
        _with("self", "holder_relation"),
    ],
)
def test_the_schema_refuses_what_the_type_never_writes(kind: CredentialType, change: Callable[[dict[str, Any]], None]) -> None:
    claims = processed(kind)
    change(claims)
    assert problems(json_schema(kind), claims)


@TYPES
def test_schema_and_content_check_agree_on_every_claim(kind: CredentialType) -> None:
    properties = json_schema(kind)["properties"]
    for claim in kind.sd_jwt_claims:
        place = properties
        for part in claim.path[:-1]:
            place = place[part]["properties"]
        assert claim.path[-1] in place
    leaves = sum(len(entry["properties"]) if name in kind.definition.objects else 1 for name, entry in properties.items())
    assert leaves == len(kind.sd_jwt_claims) + len({"vct", "iss", "iat", "nbf", "exp", "cnf", "status"})


@TYPES
def test_type_metadata_is_valid_by_the_published_schema(kind: CredentialType, foreign_vectors: Path) -> None:
    schema = json.loads((foreign_vectors / "oidf-conformance/json-schemas/sdjwtvc/type_metadata.json").read_text())
    metadata = type_metadata(kind)
    assert problems(schema, metadata) == []
    for spoil in (_without("vct"), _with("sometimes", "claims", 0, "sd"), _with("x", "colour"), _without("claims", 0, "path")):  # type: ignore[arg-type]  # list indexes are path parts too
        twin = copy.deepcopy(metadata)
        spoil(twin)
        assert problems(schema, twin)


@TYPES
def test_type_metadata_says_what_is_selectively_disclosable(kind: CredentialType) -> None:
    entries = {tuple(entry["path"]): entry for entry in type_metadata(kind)["claims"]}
    assert {path for path, entry in entries.items() if entry["sd"] == "always"} == kind.disclosable
    assert {path for path, entry in entries.items() if entry["sd"] == "never"} == kind.always | {("issuing_municipality",)}
    assert {path for path, entry in entries.items() if entry["mandatory"]} == {
        ("certified_on",),
        ("issuing_municipality",),
        ("issuing_municipality", "code"),
        ("issuing_municipality", "name"),
    }
    assert all({shown["locale"] for shown in entry["display"]} == {"ja", "en"} for entry in entries.values())


@TYPES
def test_issuer_metadata_is_valid_by_the_published_schema(kind: CredentialType, foreign_vectors: Path) -> None:
    schema = json.loads((foreign_vectors / "oidf-conformance/json-schemas/oid4vci/credential_issuer_metadata-1_0.json").read_text())

    def metadata(format_name: str, type_name: str, name: str) -> dict[str, Any]:
        description = {"display": display_description(kind), "claims": claims_description(kind, format_name)}
        entry = {"format": format_name, type_name: name, "credential_metadata": description}
        return {
            "credential_issuer": "https://city.example/999997",
            "credential_endpoint": "https://city.example/999997/credential",
            "credential_configurations_supported": {"one": entry},
        }

    for arguments in (("dc+sd-jwt", "vct", kind.vct), ("mso_mdoc", "doctype", kind.doctype)):
        document = metadata(*arguments)
        assert problems(schema, document) == []
        document["credential_configurations_supported"]["one"]["credential_metadata"]["claims"][0]["path"] = []
        assert problems(schema, document)


@TYPES
def test_issuer_metadata_names_every_place(kind: CredentialType) -> None:
    assert {tuple(entry["path"]) for entry in claims_description(kind, "mso_mdoc")} == set(kind.by_element)
    assert {tuple(entry["path"]) for entry in claims_description(kind, "dc+sd-jwt")} == {claim.path for claim in kind.sd_jwt_claims}


@TYPES
def test_cddl_names_every_element(kind: CredentialType) -> None:
    text = cddl(kind)
    for namespace, element in kind.by_element:
        assert f'? "{namespace}"' in text
        assert text.count(f'? "{element}" :') == 1


@TYPES
@pytest.mark.oracle
def test_cddl_judges_mdocs_as_the_type_does(kind: CredentialType) -> None:
    pycddl = pytest.importorskip("pycddl", reason="the CDDL validator pycddl is not installed")
    schema = pycddl.Schema(cddl(kind))
    for who in AppliesTo:
        schema.validate_cbor(cbor2.dumps(kind.to_mdoc(kind.sample(who))))
    schema.validate_cbor(cbor2.dumps(kind.to_mdoc({**kind.sample(), "birthdate": "1955-XX-XX"})))
    good = kind.to_mdoc(kind.sample())
    for place, element, value in (
        ("org.iso.23220.1", "sex", 3),
        ("org.iso.23220.1", "sex", "2"),
        ("org.iso.23220.1", "birth_date", "1955-05-03"),
        ("org.iso.23220.1", "birth_date", {"birth_date": "1955-01-01", "approximate_mask": "00001111"}),
        ("org.iso.23220.1", "individual_number", "123456789018"),
        (kind.doctype, "issuing_municipality_code", "9999"),
        (kind.doctype, "certified_on", "2026-04-01"),
    ):
        twin = {namespace: dict(elements) for namespace, elements in good.items()} | {place: {**good[place], element: value}}
        with pytest.raises(pycddl.ValidationError):
            schema.validate_cbor(cbor2.dumps(twin))


def test_the_checked_in_files_are_what_the_definitions_say() -> None:
    assert generate.drift(generate.ROOT, generate.expected_files()) == []


def test_drift_is_seen(tmp_path: Path) -> None:
    expected = generate.expected_files()
    generate.write(tmp_path, expected)
    assert generate.drift(tmp_path, expected) == []
    folder = tmp_path / generate.CREDENTIALS
    (folder / "basic-four.vct.json").write_text("{}")
    (folder / "basic-four.cddl").unlink()
    (folder / "old-type.cddl").write_text("")
    assert generate.drift(tmp_path, expected) == [
        f"differs: {generate.CREDENTIALS}/basic-four.vct.json",
        f"left over: {generate.CREDENTIALS}/old-type.cddl",
        f"missing: {generate.CREDENTIALS}/basic-four.cddl",
    ]
    generate.write(tmp_path, expected)
    assert generate.drift(tmp_path, expected) == []


def test_the_command_exits_as_documented(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0
    assert generate.main(["--wrong"]) == 2
    assert "Usage" in capsys.readouterr().err
