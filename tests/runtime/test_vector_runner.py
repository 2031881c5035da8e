"""The runner of test vectors, and the schema subset beside the jsonschema package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.json_schema import KEYWORDS, check_schema, same_json
from runtime.vector_runner import Outcome, instant, run_cases, run_vectors
from schemas.errors import UndeterminedError, WarifuError


def case(**changes: Any) -> dict[str, Any]:
    base = {
        "id": "sum/good",
        "kind": "sum",
        "clause": "RFC 1 1",
        "why": "two and two",
        "features": [],
        "given": {"input": "4"},
        "expect": {"outcome": "accept"},
    }
    return {**base, **changes}


def write(folder: Path, *cases: dict[str, Any]) -> Path:
    for number, item in enumerate(cases):
        path = folder / f"{number}" / "case.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(item), "utf-8")
    return folder


def consume(given: Mapping[str, Any], at: datetime | None) -> Outcome:
    match given["input"]:
        case "4":
            return Outcome("accept", claims={"sum": 4, "at": at.isoformat() if at else None})
        case "away":
            raise UndeterminedError("unreachable", "x", layer="status")
        case "crash":
            raise ZeroDivisionError
        case _:
            raise WarifuError("bad_sum", "x", layer="signature")


def results(folder: Path, features: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    return [(item.result, item.reason) for item in run_cases(folder, {"sum": consume}, features=features).results]


def one(tmp_path: Path, **changes: Any) -> tuple[str, str]:
    return results(write(tmp_path, case(**changes)))[0]


def test_accepted_as_expected(tmp_path: Path) -> None:
    claims = {"sum": 4, "at": "2026-04-01T00:00:00+00:00"}
    assert one(tmp_path, given={"input": "4", "at": "2026-04-01T09:00:00+09:00"}, expect={"outcome": "accept", "claims": claims}) == (
        "passed",
        "",
    )


@pytest.mark.parametrize("claims", [{"sum": 4}, {"sum": 4.0, "at": None}, {"sum": True, "at": None}, {"sum": 4, "at": None, "x": 1}, None])
def test_other_claims_fail(tmp_path: Path, claims: Any) -> None:
    assert one(tmp_path, expect={"outcome": "accept", "claims": claims}) == ("failed", "other claims came out than expected")


@pytest.mark.parametrize(
    ("value", "expect", "reason"),
    [
        ("5", {"outcome": "reject", "layer": "signature", "code": "bad_sum"}, ""),
        ("5", {"outcome": "reject"}, ""),
        ("5", {"outcome": "reject", "layer": "chain"}, "expected layer chain, was signature"),
        ("5", {"outcome": "reject", "layer": "signature", "code": "other"}, "expected code other, was bad_sum"),
        ("5", {"outcome": "accept"}, "expected accept, came out as reject (signature: bad_sum)"),
        ("5", {"outcome": "undetermined"}, "expected undetermined, came out as reject (signature: bad_sum)"),
        ("4", {"outcome": "reject", "layer": "signature"}, "expected reject, came out as accept"),
        ("away", {"outcome": "undetermined", "layer": "status", "code": "unreachable"}, ""),
        ("away", {"outcome": "reject"}, "expected reject, came out as undetermined (status: unreachable)"),
        ("crash", {"outcome": "reject"}, "raised ZeroDivisionError"),
    ],
)
def test_outcomes(tmp_path: Path, value: str, expect: dict[str, str], reason: str) -> None:
    assert one(tmp_path, given={"input": value}, expect=expect) == ("failed" if reason else "passed", reason)


@pytest.mark.parametrize(
    "changes",
    [
        {"note": "x"},
        {"expect": {"outcome": "accept", "note": "x"}},
        {"expect": {"outcome": "maybe"}},
        {"expect": {"outcome": "reject", "layer": "elsewhere"}},
        {"expect": {}},
        {"why": ""},
        {"id": "../etc"},
        {"id": 5},
        {"kind": "Sum"},
        {"features": "x"},
        {"given": []},
        {"given": {"input": "4", "at": "yesterday"}},
        {"given": {"input": "4", "at": "2026-04-01T00:00:00"}},
        {"given": {"input": "4", "at": 5}},
    ],
)
def test_file_that_is_not_valid_fails(tmp_path: Path, changes: dict[str, Any]) -> None:
    result, reason = one(tmp_path, **changes)
    assert result == "failed"
    assert reason.startswith("the file is not valid")


@pytest.mark.parametrize("missing", ["id", "kind", "clause", "why", "given", "expect"])
def test_missing_member(tmp_path: Path, missing: str) -> None:
    item = case()
    del item[missing]
    assert results(write(tmp_path, item))[0][0] == "failed"


@pytest.mark.parametrize("content", [b"{", b'{"id":"a","id":"b"}', b"[]", b"\xff"])
def test_file_that_is_no_json_fails(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "case.json").write_bytes(content)
    assert results(tmp_path)[0][0] == "failed"


def test_same_id_twice_fails(tmp_path: Path) -> None:
    assert [result for result, _ in results(write(tmp_path, case(), case()))] == ["passed", "failed"]


def test_given_is_held_to_the_schema_of_its_kind(tmp_path: Path) -> None:
    (tmp_path / "schema").mkdir()
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["input"],
        "properties": {"input": {"type": "string"}, "at": {"type": "string"}},
    }
    (tmp_path / "schema" / "sum.schema.json").write_text(json.dumps(schema))
    write(tmp_path, case(), case(id="sum/extra", given={"input": "4", "nonce": "x"}))
    assert results(tmp_path) == [
        ("passed", ""),
        ("failed", "the file is not valid: schema_mismatch: /given/nonce does not satisfy additionalProperties"),
    ]


def test_others_are_counted_and_features_named(tmp_path: Path) -> None:
    write(tmp_path, case(kind="product"), case(id="a", features=["hsm"]), case(id="b", features=["near"]))
    assert results(tmp_path, frozenset({"near"})) == [("other", ""), ("skipped", "needs hsm"), ("passed", "")]


def test_printed_lines_and_exit_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, case(), case(id="sum/bad", given={"input": "5"}))
    assert run_vectors(tmp_path, {"sum": consume}) == 1
    assert capsys.readouterr().out == (
        "failed: sum/bad (sum): expected accept, came out as reject (signature: bad_sum)\n"
        "2 cases: 1 passed, 1 failed, 0 skipped, 0 of other roles\n"
    )
    assert run_vectors(write(tmp_path, case(), case(id="b")), {"sum": consume}) == 0


def test_json(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run_vectors(write(tmp_path, case(), case(id="x", kind="product")), {"sum": consume}, json=True) == 0
    document = json.loads(capsysbinary.readouterr().out)
    assert document["cases"] == [{"id": "sum/good", "kind": "sum", "result": "passed"}, {"id": "x", "kind": "product", "result": "other"}]
    assert {name: document[name] for name in ("total", "passed", "failed", "skipped", "other")} == {
        "total": 2,
        "passed": 1,
        "failed": 0,
        "skipped": 0,
        "other": 1,
    }


def test_no_cases_is_an_error(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(WarifuError) as error:
            run_vectors(folder, {"sum": consume})
        assert error.value.code == "vectors_missing"


def test_instant() -> None:
    assert instant("2026-04-01T00:00:00Z") == datetime(2026, 4, 1, tzinfo=UTC)
    assert instant(None) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
PLAIN = st.sampled_from(
    [
        {"type": "string", "minLength": 1, "maxLength": 2, "pattern": "^a"},
        {"type": ["integer", "null"], "minimum": -1, "maximum": 2},
        {"type": "boolean"},
        {"enum": [1, "a", None]},
        {"const": {"a": [1]}},
        {"$ref": "#/$defs/word"},
        {"type": "number"},
        True,
        False,
        {},
    ]
)
SCHEMAS = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.fixed_dictionaries(
            {
                "type": st.just("object"),
                "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
                "additionalProperties": inner,
                "required": st.lists(st.sampled_from("abc"), unique=True, max_size=2),
            }
        ),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner, "minItems": st.just(1), "maxItems": st.just(2)}),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"oneOf": st.lists(inner, min_size=1, max_size=3)}),
    ),
    max_leaves=5,
)


@given(VALUES, SCHEMAS)
def test_verdict_is_that_of_the_jsonschema_package(value: Any, schema: Any) -> None:
    whole = {**schema, "$defs": {"word": {"type": "string"}}} if isinstance(schema, dict) else schema
    expected = jsonschema.Draft202012Validator(whole).is_valid(value)
    if expected:
        check_schema(value, whole)
    else:
        with pytest.raises(WarifuError, match="schema_mismatch"):
            check_schema(value, whole)


@pytest.mark.parametrize(
    "schema", [{"format": "date"}, {"not": {}}, {"patternProperties": {}}, {"$ref": "#/$defs/none"}, {"anyOf": [{"if": {}}]}]
)
def test_keyword_outside_the_subset_is_an_error_of_the_schema(schema: dict[str, Any]) -> None:
    with pytest.raises(WarifuError) as error:
        check_schema({}, schema)
    assert error.value.code == "schema_invalid"


def test_subset_is_documented() -> None:
    assert "additionalProperties" in KEYWORDS
    assert not same_json([1, {"a": True}], [1, {"a": 1}])
    assert same_json([1, {"a": True}], [1, {"a": True}])
