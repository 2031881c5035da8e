"""Every case comes out as it says, and passes once its one defect is repaired."""

from __future__ import annotations

import inspect
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from issuer.cli.vectors import CONSUMERS as ISSUER
from runtime.json_schema import KEYWORDS
from runtime.vector_runner import CASE_SCHEMA, CaseResult, Consumer, run_cases
from tests.vectors.forms import GIVEN, schemas
from tests.vectors.kinds import everything
from tests.vectors.registry import Vector, rejects
from tests.vectors.write import text_of
from verifier.vectors import CONSUMERS as VERIFIER
from wallet.vectors import CONSUMERS as WALLET

ROLES: Mapping[str, Mapping[str, Consumer]] = {"verifier": VERIFIER, "wallet": WALLET, "issuer": ISSUER}
ALL = everything()
REFUSING = [name for name, vector in ALL.items() if not vector.accepting]


def came_out(documents: Iterable[Mapping[str, Any]], folder: Path) -> dict[str, CaseResult]:
    """Return what each role that consumes the cases' kind makes of each, by role and id."""
    kinds = set()
    for number, document in enumerate(documents):
        (folder / f"{number}.json").write_text(text_of(document), "utf-8")
        kinds.add(document["kind"])
    roles = {role: consumers for role, consumers in ROLES.items() if kinds <= consumers.keys()}
    return {f"{role}: {result.id}": result for role, consumers in roles.items() for result in run_cases(folder, consumers).results}


def wrong(results: Mapping[str, CaseResult]) -> dict[str, str]:
    """Return why results are not as expected; no result at all is wrong, too."""
    assert results, "no role consumes this kind"
    return {name: result.reason or result.result for name, result in results.items() if result.result != "passed"}


def one(document: Mapping[str, Any], folder: Path) -> dict[str, str]:
    return wrong(came_out([document], folder))


def of_kind(kind: str, *, refusing: bool = False) -> list[Vector]:
    return [vector for vector in ALL.values() if vector.kind == kind and not (refusing and vector.accepting)]


@pytest.mark.parametrize("kind", GIVEN)
def test_each_comes_out_as_it_says(kind: str, tmp_path: Path) -> None:
    assert wrong(came_out([vector.document() for vector in of_kind(kind)], tmp_path)) == {}


@pytest.mark.parametrize("kind", GIVEN)
def test_each_refusing_case_passes_once_repaired(kind: str, tmp_path: Path) -> None:
    assert wrong(came_out([vector.repaired() for vector in of_kind(kind, refusing=True)], tmp_path)) == {}


@pytest.mark.parametrize("kind", GIVEN)
def test_each_repair_changes_something(kind: str) -> None:
    unchanged = [one.id for one in of_kind(kind, refusing=True) if text_of(one.generator(True)) == text_of(one.generator(False))]
    assert unchanged == []


def test_a_wrong_expectation_is_noticed(tmp_path: Path) -> None:
    document = ALL["sd-jwt+kb/wrong-nonce"].document()
    assert one({**document, "expect": {"outcome": "accept"}}, tmp_path)
    assert one({**document, "expect": {**document["expect"], "layer": "digest"}}, tmp_path)
    assert one({**document, "expect": {**document["expect"], "code": "audience_mismatch"}}, tmp_path)
    accepted = ALL["sd-jwt+kb/four-disclosures"].document()
    claims = {**accepted["expect"]["claims"], "family_name": "渡邉"}
    assert one({**accepted, "expect": {"outcome": "accept", "claims": claims}}, tmp_path)


def test_no_two_share_kind_code_and_place() -> None:
    counted = Counter((ALL[name].kind, ALL[name].expect["code"], ALL[name].place) for name in REFUSING)
    assert {key for key, count in counted.items() if count > 1} == set()


def test_no_two_are_alike() -> None:
    counted = Counter(json.dumps(vector.document()["given"], sort_keys=True) for vector in ALL.values())
    assert max(counted.values()) == 1


def test_a_refusing_case_names_outcome_layer_code_clause_and_place() -> None:
    for vector in (ALL[name] for name in REFUSING):
        assert vector.expect.keys() == {"outcome", "layer", "code"}
        assert all((vector.clause, vector.place, vector.why)), vector.id


def test_each_generator_quotes_the_clause() -> None:
    source = re.compile(r"(RFC|SD-JWT VC|Token Status List|OpenID4V|HAIP|ISO/IEC|Design) ?[0-9A-Z]")
    for vector in ALL.values():
        quoted = inspect.getdoc(vector.generator) or ""
        assert source.match(quoted), vector.id
        assert '"' in quoted or "in our words" in quoted, vector.id


@pytest.mark.parametrize("kind", GIVEN)
def test_what_is_given_fits_its_schema(kind: str) -> None:
    validator = jsonschema.Draft202012Validator(schemas()[kind])
    for vector in of_kind(kind):
        document = vector.document()
        jsonschema.validate(document, CASE_SCHEMA)
        validator.validate(document["given"])


def test_an_unknown_key_does_not_fit_any_schema() -> None:
    for vector in ALL.values():
        given = {**vector.document()["given"], "unheard_of": 1}
        assert not jsonschema.Draft202012Validator(schemas()[vector.kind]).is_valid(given)


def test_every_kind_has_a_schema_that_the_commands_understand() -> None:
    def keywords(schema: Any) -> set[str]:
        if not isinstance(schema, dict):
            return set()
        inner = [*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")]
        return {*schema, *(name for one in inner for name in keywords(one))}

    assert set(GIVEN) == {vector.kind for vector in ALL.values()}
    for schema in schemas().values():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert keywords(schema) <= KEYWORDS


def test_every_kind_is_refused_and_accepted() -> None:
    outcomes = {(vector.kind, vector.accepting) for vector in ALL.values()}
    assert outcomes == {(kind, accepting) for kind in GIVEN for accepting in (True, False)}


def test_both_formats_have_at_least_sixty_cases() -> None:
    counted = Counter("mdoc" if vector.kind.startswith("mdoc") else vector.kind for vector in ALL.values())
    assert counted["mdoc"] >= 60
    assert counted["sd-jwt"] + counted["sd-jwt+kb"] >= 60


def test_nothing_is_registered_twice_or_without_a_clause() -> None:
    def quoted(broken: bool) -> dict[str, Any]:
        """RFC 1 1: "x"."""
        return {}

    def silent(broken: bool) -> dict[str, Any]:
        return {}

    register = {"layer": "parse", "code": "x", "place": "x"}
    with pytest.raises(ValueError, match="twice"):
        rejects("sd-jwt/alg-none", "x", "x", **register)(quoted)
    with pytest.raises(ValueError, match="no clause"):
        rejects("sd-jwt/never", "x", "x", **register)(silent)
    assert "sd-jwt/never" not in everything()


def test_generators_do_not_depend_on_each_other() -> None:
    """Made a second time, in the reverse order, every case is the same."""
    before = {name: text_of(vector.document()) for name, vector in ALL.items()}
    after = {name: text_of(vector.document()) for name, vector in reversed(list(ALL.items()))}
    assert before == after
