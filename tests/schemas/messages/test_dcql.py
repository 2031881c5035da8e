"""DCQL queries: what is read, what is refused, and that reading is the inverse of writing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import WarifuError
from schemas.messages.dcql import MAX_CLAIMS, parse_query
from schemas.messages.dcql_answer import select

VCT = "https://catalogue.example/resident-record/1"
DOCTYPE = "example.catalogue.resident_record.1"


def sd_jwt_query(**changes: Any) -> dict[str, Any]:
    """One query that is in order, with the given members replaced."""
    return {
        "credentials": [
            {
                "id": "record",
                "format": "dc+sd-jwt",
                "meta": {"vct_values": [VCT]},
                "claims": [{"path": ["address", "prefecture"]}],
                **changes,
            }
        ]
    }


def refusal(document: Any) -> WarifuError:
    with pytest.raises(WarifuError) as caught:
        parse_query(document)
    return caught.value


def test_a_query_is_read_with_its_defaults() -> None:
    query = parse_query(json.dumps(sd_jwt_query()))
    credential = query.credential("record")
    assert credential.types == {VCT}
    assert credential.claims[0].path == ("address", "prefecture")
    assert credential.require_cryptographic_holder_binding is True
    assert credential.multiple is False
    assert query.document() == sd_jwt_query()


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"id": "with space"},
        {"id": "ä"},
        {"id": 1},
        {"format": ""},
        {"format": None},
        {"meta": None},
        {"meta": {}},
        {"meta": {"vct_values": []}},
        {"meta": {"vct_values": [VCT, 3]}},
        {"meta": {"vct_values": VCT}},
        {"multiple": "yes"},
        {"require_cryptographic_holder_binding": 0},
        {"claims": []},
        {"claims": {}},
        {"claims": ["family_name"]},
        {"claims": [{"path": []}]},
        {"claims": [{"path": [True]}]},
        {"claims": [{"path": [-1]}]},
        {"claims": [{"path": [1.0]}]},
        {"claims": [{"path": "family_name"}]},
        {"claims": [{"path": ["a"], "values": []}]},
        {"claims": [{"path": ["a"], "values": [1.5]}]},
        {"claims": [{"path": ["a"], "values": [None]}]},
        {"claims": [{"path": ["a"]}, {"path": ["a"]}]},
        {"claims": [{"id": "x", "path": ["a"]}, {"id": "x", "path": ["b"]}]},
        {"claims": [{"path": ["a"]}], "claim_sets": [["a"]]},
        {"claims": [{"id": "x", "path": ["a"]}], "claim_sets": [["y"]]},
        {"claims": [{"id": "x", "path": ["a"]}], "claim_sets": []},
        {"claims": [{"id": "x", "path": ["a"]}], "claim_sets": [[]]},
        {"trusted_authorities": []},
        {"trusted_authorities": [{"type": "aki"}]},
        {"trusted_authorities": [{"type": "aki", "values": []}]},
    ],
)
def test_a_malformed_member_is_refused(changes: dict[str, Any]) -> None:
    assert refusal(sd_jwt_query(**changes)).code == "query_malformed"


def test_claim_sets_without_claims_are_refused() -> None:
    document = sd_jwt_query(claim_sets=[["x"]])
    del document["credentials"][0]["claims"]
    assert refusal(document).code == "query_malformed"


@pytest.mark.parametrize(
    "path", [["org.iso.23220.1"], ["org.iso.23220.1", "family_name", "x"], ["org.iso.23220.1", 0], [None, "family_name"]]
)
def test_a_path_into_an_mdoc_is_two_strings(path: list[Any]) -> None:
    document = sd_jwt_query(format="mso_mdoc", meta={"doctype_value": DOCTYPE}, claims=[{"path": path}])
    assert refusal(document).code == "query_malformed"


@pytest.mark.parametrize("meta", [{}, {"doctype_value": ""}, {"doctype_value": [DOCTYPE]}, {"vct_values": [VCT]}])
def test_an_mdoc_query_names_its_doctype(meta: dict[str, Any]) -> None:
    assert refusal(sd_jwt_query(format="mso_mdoc", meta=meta, claims=[{"path": ["ns", "el"]}])).code == "query_malformed"


def test_ids_of_credential_queries_are_unique() -> None:
    document = sd_jwt_query()
    document["credentials"] *= 2
    assert refusal(document).code == "query_malformed"


@pytest.mark.parametrize(
    "sets",
    [[], [{}], [{"options": []}], [{"options": [[]]}], [{"options": [["other"]]}], [{"options": [["record"]], "required": "no"}], {}],
)
def test_a_malformed_credential_set_is_refused(sets: Any) -> None:
    assert refusal({**sd_jwt_query(), "credential_sets": sets}).code == "query_malformed"


def test_more_than_eight_credentials_are_refused() -> None:
    def document(count: int) -> dict[str, Any]:
        return {"credentials": [{**sd_jwt_query()["credentials"][0], "id": f"c{n}"} for n in range(count)]}

    assert len(parse_query(document(8)).credentials) == 8
    assert refusal(document(9)).code == "query_too_complex"


def test_more_than_64_claims_are_refused() -> None:
    def document(count: int) -> dict[str, Any]:
        return sd_jwt_query(claims=[{"path": [f"c{n}"]} for n in range(count)])

    assert len(parse_query(document(MAX_CLAIMS)).credentials[0].claims) == MAX_CLAIMS
    assert refusal(document(MAX_CLAIMS + 1)).code == "query_too_complex"


def test_nesting_deeper_than_eight_is_refused_even_in_an_unknown_member() -> None:
    nested: Any = 1
    for _ in range(6):
        nested = [nested]
    assert parse_query({**sd_jwt_query(), "unknown": nested}).credentials
    assert refusal({**sd_jwt_query(), "unknown": [[nested]]}).code == "query_too_complex"


def test_more_than_16_kib_are_refused_in_both_forms() -> None:
    document = {**sd_jwt_query(), "unknown": "x" * 16 * 1024}
    assert refusal(document).code == "too_large"
    assert refusal(json.dumps(document)).code == "too_large"


@pytest.mark.parametrize("text", ["", "[]", "1", '{"credentials": 1}', "{}", '{"credentials": [], "credentials": []}'])
def test_what_is_no_query_object_is_refused(text: str) -> None:
    assert refusal(text).code in {"bad_json", "not_an_object", "query_malformed"}


def test_unknown_members_are_ignored() -> None:
    document = sd_jwt_query(purpose="x")
    assert parse_query({**document, "extension": True}).document() == sd_jwt_query()


def test_another_format_is_read_and_matches_no_type() -> None:
    query = parse_query({"credentials": [{"id": "x", "format": "jwt_vc_json", "meta": {"type_values": [["IDCredential"]]}}]})
    assert query.credentials[0].types == frozenset()


_NAMES = st.text("abcdefgh_", min_size=1, max_size=6)
_PATHS = st.lists(st.one_of(_NAMES, st.none(), st.integers(0, 9)), min_size=1, max_size=4).map(tuple)


@given(st.lists(_PATHS, min_size=1, max_size=8, unique=True), st.booleans(), st.booleans())
def test_reading_is_the_inverse_of_writing(paths: list[Any], multiple: bool, bound: bool) -> None:
    document = sd_jwt_query(
        claims=[{"id": f"k{n}", "path": list(path), "values": [True, 1, "1"]} for n, path in enumerate(paths)],
        claim_sets=[["k0"]],
        multiple=multiple,
        require_cryptographic_holder_binding=bound,
        trusted_authorities=[{"type": "aki", "values": ["s9tIpPmhxdiuNkHMEWNpYim8S8Y"]}],
    )
    query = parse_query({**document, "credential_sets": [{"options": [["record"]], "required": False}]})
    assert parse_query(query.document()) == query


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=4),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=12,
    )
)
def test_any_object_is_read_or_refused_with_a_type(document: Any) -> None:
    try:
        parse_query({"credentials": [document] if not isinstance(document, list) else document})
    except WarifuError as error:
        assert error.code  # noqa: PT017 - both outcomes are right; a foreign exception is not


# ---- published material


def test_the_published_examples_are_read(foreign_vectors: Path) -> None:
    examples = sorted((foreign_vectors / "openid4vp/examples/query_lang").glob("*.json"))
    assert len(examples) == 7
    for example in examples:
        document = json.loads(example.read_text())
        query = parse_query(example.read_text())
        assert [entry["id"] for entry in document["credentials"]] == [credential.id for credential in query.credentials]


def test_the_published_claims_paths_select_what_they_say(foreign_vectors: Path) -> None:
    vectors = json.loads((foreign_vectors / "dcql/claims_path_pointer.json").read_text())
    cases = vectors["spec"] + vectors["derived"]
    assert len(cases) == 18
    for case in cases:
        document = sd_jwt_query(claims=[{"path": case["path"]}])
        if "selected" in case:
            path = parse_query(document).credentials[0].claims[0].path
            assert list(select(vectors["credential"], path)) == case["selected"], case["path"]
        else:
            with pytest.raises(WarifuError):
                select(vectors["credential"], parse_query(document).credentials[0].claims[0].path)


def test_the_published_rules_for_mdoc_paths_hold(foreign_vectors: Path) -> None:
    mdoc = json.loads((foreign_vectors / "dcql/claims_path_pointer.json").read_text())["mdoc"]
    for case in mdoc["spec_rules"]:
        document = sd_jwt_query(format="mso_mdoc", meta={"doctype_value": DOCTYPE}, claims=[{"path": case["path"]}])
        if "selected" in case:
            assert select(mdoc["namespaces"], parse_query(document).credentials[0].claims[0].path) == (case["selected"],)
        else:
            with pytest.raises(WarifuError):
                select(mdoc["namespaces"], parse_query(document).credentials[0].claims[0].path)
