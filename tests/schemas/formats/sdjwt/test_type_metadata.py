"""Type metadata: reading, extending, and credentials that are not of their type (threat row A31)."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from schemas.formats.encoding import dump_json
from schemas.formats.sdjwt import check_against_type, combine_type_metadata, parse_sd_jwt, parse_type_metadata
from schemas.formats.sdjwt.type_metadata import TypeMetadata
from tests.schemas.formats.sdjwt.material import crafted, digest, disclosure, refusal

VCT = "https://catalogue.example/resident-record/1"
SALT = "c2FsdHNhbHRzYWx0c2FsdA"


def read(document: dict[str, Any], **keywords: Any) -> TypeMetadata:
    return parse_type_metadata(dump_json({"vct": VCT} | document), **({"vct": VCT} | keywords))


def type_of(*claims: dict[str, Any], vct: str = VCT, extends: str | None = None) -> TypeMetadata:
    document = {"vct": vct, "claims": list(claims)} | ({"extends": extends} if extends else {})
    return parse_type_metadata(dump_json(document), vct=vct)


def test_a_document_is_read() -> None:
    claim = {
        "path": ["degrees", None, 0],
        "sd": "always",
        "mandatory": True,
        "svg_id": "a_1",
        "display": [{"locale": "ja", "label": "氏名"}],
    }
    metadata = read({"claims": [claim], "extends": "https://x.example/1", "unknown": 1})
    assert metadata.claims[0].path == ("degrees", None, 0)
    assert (metadata.claims[0].sd, metadata.claims[0].mandatory, metadata.claims[0].svg_id) == ("always", True, "a_1")
    assert metadata.extends == "https://x.example/1"


@pytest.mark.parametrize(
    "document",
    [
        {"claims": {}},
        {"claims": [1]},
        {"claims": [{}]},
        {"claims": [{"path": []}]},
        {"claims": [{"path": "name"}]},
        {"claims": [{"path": [-1]}]},
        {"claims": [{"path": [True]}]},
        {"claims": [{"path": [1.5]}]},
        {"claims": [{"path": [["a"]]}]},
        {"claims": [{"path": ["a"], "sd": "sometimes"}]},
        {"claims": [{"path": ["a"], "sd": None}]},
        {"claims": [{"path": ["a"], "mandatory": "yes"}]},
        {"claims": [{"path": ["a"], "mandatory": None}]},
        {"claims": [{"path": ["a"], "svg_id": "1a"}]},
        {"claims": [{"path": ["a"], "svg_id": "a-b"}]},
        {"claims": [{"path": ["a"], "svg_id": 1}]},
        {"claims": [{"path": ["a"], "svg_id": "x"}, {"path": ["b"], "svg_id": "x"}]},
        {"claims": [{"path": ["a"]}, {"path": ["a"]}]},
        {"claims": [{"path": ["a"], "display": {}}]},
        {"claims": [{"path": ["a"], "display": [{"locale": "ja"}]}]},
        {"claims": [{"path": ["a"], "display": [{"locale": 1, "label": "x"}]}]},
        {"display": [{"locale": "ja"}]},
        {"display": "x"},
        {"extends": 1},
        {"extends#integrity": 1},
    ],
    ids=str,
)
def test_another_form_is_refused(document: dict[str, Any]) -> None:
    assert refusal(read, document).code == "bad_type_metadata"


@pytest.mark.parametrize(
    "vct",
    [
        "https://catalogue.example/resident-record/1/",
        "https://Catalogue.example/resident-record/1",
        "https://catalogue.example/resident‐record/1",
        "",
        None,
        1,
    ],
)
def test_a_document_of_another_type_is_refused(vct: Any) -> None:
    assert refusal(read, {"vct": vct}).code == "vct_mismatch"


DOCUMENT = dump_json({"vct": VCT})


def sri(algorithm: str, document: bytes = DOCUMENT) -> str:
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, document).digest()).decode()}"


@pytest.mark.parametrize(
    "integrity",
    [
        None,
        sri("sha256"),
        sri("sha512"),
        f"{sri('sha256', b'old')} {sri('sha512')}",
        f"{sri('sha384', b'old')}  {sri('sha384')}",
        sri("sha256") + "?x=y",
        f"md5-abc {sri('sha256')}",
    ],
)
def test_the_document_referred_to_is_read(integrity: str | None) -> None:
    assert parse_type_metadata(DOCUMENT, vct=VCT, integrity=integrity).vct == VCT


@pytest.mark.parametrize(
    "integrity",
    [
        "",
        "x",
        "sha256-",
        "sha256-AAA",
        sri("sha256", b"other"),
        f"{sri('sha256')} {sri('sha512', b'other')}",
        "md5-1B2M2Y8AsgTpgAmY7PhCfg==",
        sri("sha256").replace("sha256", "sha384"),
        sri("sha256").lower(),
    ],
)
def test_another_document_is_refused(integrity: str) -> None:
    assert refusal(parse_type_metadata, DOCUMENT, vct=VCT, integrity=integrity).code == "integrity_mismatch"


# -- extending ---------------------------------------------------------------------------------------------------------------

BASE = "https://base.example/1"


def combined(base: dict[str, Any], own: dict[str, Any]) -> TypeMetadata:
    path = {"path": ["name"]}
    return combine_type_metadata([type_of(path | own, extends=BASE), type_of(path | base, vct=BASE)])


@pytest.mark.parametrize(
    ("base", "own"),
    [
        ({"sd": "always"}, {"sd": "never"}),
        ({"sd": "always"}, {"sd": "allowed"}),
        ({"sd": "never"}, {"sd": "always"}),
        ({"sd": "never"}, {"sd": "allowed"}),
        ({"mandatory": True}, {"mandatory": False}),
    ],
)
def test_a_type_cannot_take_back_what_it_extends(base: dict[str, Any], own: dict[str, Any]) -> None:
    assert refusal(combined, base, own).code == "type_weakened"


@pytest.mark.parametrize(
    ("base", "own", "sd", "mandatory"),
    [
        ({"sd": "always"}, {}, "always", None),
        ({"sd": "always"}, {"sd": "always"}, "always", None),
        ({"sd": "allowed"}, {"sd": "never"}, "never", None),
        ({}, {"sd": "always"}, "always", None),
        ({"mandatory": True}, {}, None, True),
        ({"mandatory": False}, {"mandatory": True}, None, True),
    ],
)
def test_a_type_inherits_and_may_strengthen(base: dict[str, Any], own: dict[str, Any], sd: str | None, mandatory: bool | None) -> None:
    claim = combined(base, own).claims[0]
    assert (claim.sd, claim.mandatory) == (sd, mandatory)


def test_a_weakening_two_types_away_is_refused() -> None:
    middle = "https://middle.example/1"
    chain = [
        type_of({"path": ["a"], "sd": "never"}, extends=middle),
        type_of(vct=middle, extends=BASE),
        type_of({"path": ["a"], "sd": "always"}, vct=BASE),
    ]
    assert refusal(combine_type_metadata, chain).code == "type_weakened"


def line(*names: str) -> list[TypeMetadata]:
    return [type_of(vct=name, extends=following or None) for name, following in zip(names, (*names[1:], ""), strict=True)]


def test_a_line_of_eight_is_combined() -> None:
    assert combine_type_metadata(line(*"abcdefgh")).vct == "a"


@pytest.mark.parametrize(
    "chain",
    [
        [],
        line(*"abcdefghi"),
        line("a", "b", "a"),
        line("a", "a"),
        line("a", "b")[:1],
        line("a", "b", "c")[::2],
        [*line("a"), *line("b")],
        [type_of(vct="a", extends="a")],
    ],
    ids=["empty", "nine", "circle", "itself", "open end", "gap", "unrelated", "extends itself"],
)
def test_another_chain_is_refused(chain: list[TypeMetadata]) -> None:
    assert refusal(combine_type_metadata, chain).code == "type_chain_broken"


# -- credentials -------------------------------------------------------------------------------------------------------------

NAME = disclosure(SALT, "name", "花子")
ELEMENT = disclosure(SALT + "B", {"field": "x"})
ADDRESS = disclosure(SALT + "C", "address", {"city": "割符市"})
PAYLOAD = {"vct": VCT, "kind": "clear", "_sd": [digest(NAME), digest(ADDRESS)], "degrees": ["clear", {"...": digest(ELEMENT)}]}
EVERYTHING = [NAME, ELEMENT, ADDRESS]


def held_against(claim: dict[str, Any], disclosures: list[str], *, complete: bool = True, payload: dict[str, Any] = PAYLOAD) -> None:
    sd_jwt = parse_sd_jwt(crafted(payload, disclosures))
    check_against_type(type_of(claim), sd_jwt.payload, sd_jwt.disclosures, complete=complete)


@pytest.mark.parametrize(
    ("path", "disclosable"),
    [
        (["name"], True),
        (["kind"], False),
        (["address"], True),
        (["address", "city"], False),
        (["degrees"], False),
        (["degrees", 0], False),
        (["degrees", 1], True),
    ],
)
def test_a_claim_is_disclosable_as_its_type_says(path: list[Any], disclosable: bool) -> None:
    right, wrong = ("always", "never") if disclosable else ("never", "always")
    held_against({"path": path, "sd": right, "mandatory": True}, EVERYTHING)
    held_against({"path": path, "sd": "allowed"}, EVERYTHING)
    assert refusal(held_against, {"path": path, "sd": wrong}, EVERYTHING).code == "claim_not_as_typed"


def test_an_element_that_is_not_disclosed_counts_and_is_disclosable() -> None:
    held_against({"path": ["degrees", 1], "sd": "always", "mandatory": True}, [])
    assert refusal(held_against, {"path": ["degrees", 1], "sd": "never"}, []).code == "claim_not_as_typed"
    assert refusal(held_against, {"path": ["degrees", None], "sd": "never"}, []).code == "claim_not_as_typed"
    held_against({"path": ["degrees", 1, "field"], "sd": "always"}, [])


def test_a_missing_claim_matters_only_to_whoever_holds_everything() -> None:
    claim = {"path": ["nickname"], "mandatory": True}
    assert refusal(held_against, claim, EVERYTHING).code == "mandatory_claim_missing"
    held_against(claim, [], complete=False)
    held_against(claim | {"mandatory": False}, EVERYTHING)


@pytest.mark.parametrize("path", [["kind", "x"], ["kind", 0], ["kind", None], ["degrees", "x"], ["address", 0], [0], [None]])
def test_a_path_that_meets_another_kind_of_value_is_refused(path: list[Any]) -> None:
    payload = PAYLOAD | {"degrees": [1]}
    assert refusal(held_against, {"path": path}, [NAME, ADDRESS], payload=payload).code == "claim_not_as_typed"


def test_plumbing_is_no_claim() -> None:
    assert refusal(held_against, {"path": ["_sd"], "mandatory": True}, EVERYTHING).code == "mandatory_claim_missing"


def test_a_credential_that_does_not_resolve_is_refused() -> None:
    assert refusal(held_against, {"path": ["name"]}, [disclosure(SALT, "other", 1)]).code == "unreferenced_disclosure"


# -- published examples ------------------------------------------------------------------------------------------------------


def examples(folder: Path) -> list[dict[str, Any]]:
    document = json.loads((folder / "sd-jwt-vc" / "json_examples.json").read_text("utf-8"))
    return [example["json"] for example in document["json_examples"]]


def test_the_published_documents_are_read(foreign_vectors: Path) -> None:
    documents = [example for example in examples(foreign_vectors) if "vct" in example and {"claims", "extends"} & example.keys()]
    assert len(documents) == 4
    for document in documents:
        metadata = parse_type_metadata(dump_json(document), vct=document["vct"])
        assert len(metadata.claims) == len(document.get("claims", []))
        assert refusal(parse_type_metadata, dump_json(document), vct=document["vct"] + "x").code == "vct_mismatch"


def test_the_published_extension_has_the_published_effect(foreign_vectors: Path) -> None:
    all_examples = examples(foreign_vectors)
    base, child = (
        next(e for e in all_examples if e.get("vct") == f"https://example.com/{name}-type-metadata") for name in ("base", "custom")
    )
    effective = next(e for e in all_examples if "claims" in e and "vct" not in e)
    chain = [parse_type_metadata(dump_json(document), vct=document["vct"]) for document in (child, base)]
    combined_claims = combine_type_metadata(chain).claims
    assert [{"path": list(c.path), "display": list(c.display or ())} for c in combined_claims] == effective["claims"]
    assert refusal(combine_type_metadata, chain[:1]).code == "type_chain_broken"


def test_the_published_type_refuses_what_it_never_wants_hidden(foreign_vectors: Path) -> None:
    document = next(e for e in examples(foreign_vectors) if len(e.get("claims", ())) > 3)
    metadata = parse_type_metadata(dump_json(document), vct=document["vct"])
    credential = next(e for e in examples(foreign_vectors) if "degrees" in e and "vct#integrity" in e)
    hidden = disclosure(SALT, "degrees", credential["degrees"])
    sd_jwt = parse_sd_jwt(crafted({"vct": document["vct"], "_sd": [digest(hidden)]}, [hidden]))
    assert refusal(check_against_type, metadata, sd_jwt.payload, sd_jwt.disclosures, complete=False).code == "claim_not_as_typed"
    plain = parse_sd_jwt(crafted({"vct": document["vct"], "name": credential["name"]}))
    assert refusal(check_against_type, metadata, plain.payload, (), complete=False).code == "claim_not_as_typed"
    name = disclosure(SALT, "name", credential["name"])
    right = parse_sd_jwt(crafted({"vct": document["vct"], "_sd": [digest(name)], "degrees": []}, [name]))
    check_against_type(metadata, right.payload, right.disclosures, complete=True)
    assert refusal(check_against_type, metadata, plain.payload | {"name": 1}, (), complete=True).layer == "policy"
