"""RFC 9901 7.1, one hostile credential for each rule (threat rows A09 to A15)."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.formats.sdjwt import PROTECTED_CLAIMS, parse_sd_jwt, resolve
from tests.schemas.formats.sdjwt.material import CLAIMS, crafted, digest, disclosure, refusal, resolved, sealed

SALT = "c2FsdHNhbHRzYWx0c2FsdA"


def code(text: str) -> str:
    error = refusal(resolved, text)
    assert error.layer == "digest"
    return error.code


def one(*elements: Any) -> str:
    """A credential with one disclosure at the top level, as given."""
    text = disclosure(*elements)
    return crafted({"_sd": [digest(text)], "_sd_alg": "sha-256"}, [text])


def test_all_disclosures_give_back_all_claims() -> None:
    assert resolved(sealed()) == CLAIMS


def test_no_disclosures_leave_what_is_in_the_clear() -> None:
    issuer_jwt = sealed().split("~", 1)[0]
    clear = {"iss", "vct", "iat", "exp", "cnf", "status", "certified_on"}
    assert resolved(issuer_jwt + "~") == {name: CLAIMS[name] for name in clear}


def test_the_payload_is_left_as_it_was() -> None:
    sd_jwt = parse_sd_jwt(sealed())
    before = repr(sd_jwt.payload)
    resolve(sd_jwt.payload, sd_jwt.disclosures)
    assert repr(sd_jwt.payload) == before


def test_undisclosed_array_elements_vanish() -> None:
    first, second = disclosure(SALT, "JP"), disclosure(SALT + "B", "FR")
    payload = {"nationalities": [{"...": digest(first)}, "DE", {"...": digest(second)}]}
    assert resolved(crafted(payload, [second])) == {"nationalities": ["DE", "FR"]}


def test_recursive_disclosures_are_followed() -> None:
    inner = disclosure(SALT, "city", "割符市")
    outer = disclosure(SALT + "B", "address", {"_sd": [digest(inner)]})
    payload = {"_sd": [digest(outer)]}
    assert resolved(crafted(payload, [inner, outer])) == {"address": {"city": "割符市"}}
    assert resolved(crafted(payload, [outer])) == {"address": {}}


# -- A09: nothing is dropped in silence --------------------------------------------------------------------------------


def test_a_foreign_disclosure_is_refused() -> None:
    assert code(sealed() + disclosure(SALT, "deputy", True) + "~") == "unreferenced_disclosure"


def test_a_child_without_its_parent_is_refused() -> None:
    inner = disclosure(SALT, "city", "割符市")
    outer = disclosure(SALT + "B", "address", {"_sd": [digest(inner)]})
    assert code(crafted({"_sd": [digest(outer)]}, [inner])) == "unreferenced_disclosure"


@pytest.mark.parametrize("number", range(8))
def test_every_altered_disclosure_is_refused(number: int) -> None:
    issuer_jwt, *texts, _ = sealed().split("~")
    changed = "A" if texts[number][20] != "A" else "B"
    texts[number] = texts[number][:20] + changed + texts[number][21:]
    assert refusal(resolved, "~".join([issuer_jwt, *texts, ""])).code in {"unreferenced_disclosure", "bad_json", "bad_disclosure"}


# -- A10: what decides on validity stands in the clear ------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(PROTECTED_CLAIMS))
def test_a_disclosed_validity_claim_is_refused(name: str) -> None:
    assert code(one(SALT, name, "x")) == "protected_claim_disclosed"


@pytest.mark.parametrize("name", ["cnf", "status"])
@pytest.mark.parametrize("depth", [0, 1])
def test_digests_inside_a_validity_claim_are_refused(name: str, depth: int) -> None:
    text = disclosure(SALT, "jwk", {})
    value: Any = {"_sd": [digest(text)]}
    for _ in range(depth):
        value = {"deeper": [value]}
    assert code(crafted({name: value}, [text])) == "protected_claim_disclosed"


def test_an_array_digest_inside_a_validity_claim_is_refused() -> None:
    text = disclosure(SALT, "https://evil.example")
    assert code(crafted({"aka_vcts": [{"...": digest(text)}]}, [text])) == "protected_claim_disclosed"


def test_a_validity_name_further_down_is_an_ordinary_claim() -> None:
    text = disclosure(SALT, "exp", "2030")
    assert resolved(crafted({"card": {"_sd": [digest(text)]}}, [text])) == {"card": {"exp": "2030"}}


@pytest.mark.parametrize("level", ["top", "nested"])
def test_a_claim_that_is_already_there_is_refused(level: str) -> None:
    text = disclosure(SALT, "city", "隣町市")
    holder = {"city": "割符市", "_sd": [digest(text)]}
    assert code(crafted(holder if level == "top" else {"address": holder}, [text])) == "claim_collision"


def test_two_disclosures_of_one_name_are_refused() -> None:
    first, second = disclosure(SALT, "city", "割符市"), disclosure(SALT + "B", "city", "隣町市")
    assert code(crafted({"_sd": [digest(first), digest(second)]}, [first, second])) == "claim_collision"


# -- A11: reserved names --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["_sd", "...", "_sd_alg"])
def test_a_disclosure_with_a_reserved_name_is_refused(name: str) -> None:
    assert code(one(SALT, name, [])) == "reserved_claim_name"


@pytest.mark.parametrize("payload", [{"...": "x"}, {"a": {"_sd_alg": "sha-256"}}, {"a": {"...": "x"}}, {"a": [{"b": {"...": "x"}}]}])
def test_a_reserved_name_in_the_payload_is_refused(payload: dict[str, Any]) -> None:
    assert code(crafted(payload)) == "reserved_claim_name"


def test_a_reserved_name_in_a_disclosed_value_is_refused() -> None:
    assert code(one(SALT, "address", {"_sd_alg": "sha-256"})) == "reserved_claim_name"


# -- A12: duplicates -------------------------------------------------------------------------------------------------------


def test_one_disclosure_twice_is_refused() -> None:
    text = disclosure(SALT, "city", "割符市")
    assert code(crafted({"_sd": [digest(text)]}, [text, text])) == "duplicate_disclosure"


TEXT = disclosure(SALT, "city", "割符市")
D = digest(TEXT)
PARENT = disclosure(SALT + "B", "address", {"_sd": [D]})


@pytest.mark.parametrize(
    ("payload", "disclosures"),
    [
        ({"_sd": [D, D]}, []),
        ({"_sd": [D, D]}, [TEXT]),
        ({"_sd": [D], "a": {"_sd": [D]}}, [TEXT]),
        ({"a": {"_sd": [D]}, "b": {"c": {"_sd": [D]}}}, []),
        ({"a": [{"...": D}, {"...": D}]}, []),
        ({"_sd": [D], "a": [{"...": D}]}, []),
        ({"_sd": [D, digest(PARENT)]}, [TEXT, PARENT]),
        ({"_sd": [D, digest(PARENT)]}, [PARENT]),
    ],
    ids=[
        "same array",
        "same array disclosed",
        "two levels",
        "two branches",
        "array elements",
        "object and array",
        "recursive",
        "recursive undisclosed",
    ],
)
def test_one_digest_twice_is_refused(payload: dict[str, Any], disclosures: list[str]) -> None:
    assert code(crafted(payload, disclosures)) == "duplicate_digest"


# -- A13: shapes -----------------------------------------------------------------------------------------------------------


def test_an_element_disclosure_in_an_object_is_refused() -> None:
    assert code(one(SALT, "割符市")) == "wrong_disclosure_shape"


def test_a_claim_disclosure_in_an_array_is_refused() -> None:
    assert code(crafted({"a": [{"...": D}]}, [TEXT])) == "wrong_disclosure_shape"


@pytest.mark.parametrize(
    "elements", [(), (SALT,), (SALT, "a", "b", "c"), (1, "a", "b"), (None, "b"), (SALT, 1, "b"), (SALT, None, 1), (["x"], "b")]
)
def test_another_number_or_kind_of_elements_is_refused(elements: tuple[Any, ...]) -> None:
    error = refusal(parse_sd_jwt, one(*elements))
    assert (error.code, error.layer) == ("bad_disclosure", "parse")


@pytest.mark.parametrize("value", [{}, "text", 1, None, True, "[1]"])
def test_a_disclosure_that_is_no_array_is_refused(value: Any) -> None:
    from schemas.formats.encoding import b64url_encode, dump_json

    text = b64url_encode(dump_json(value))
    assert refusal(parse_sd_jwt, crafted({"_sd": [digest(text)]}, [text])).code == "bad_disclosure"


@pytest.mark.parametrize("value", [D, None, {}, {"0": D}, [1], [None], [[D]], [True], 0])
def test_an_sd_that_is_no_array_of_texts_is_refused(value: Any) -> None:
    assert code(crafted({"_sd": value})) == "bad_digest_list"


@pytest.mark.parametrize("element", [{"...": D, "x": 1}, {"...": 1}, {"...": None}, {"...": [D]}, {"...": {}}])
def test_an_array_digest_of_another_form_is_refused(element: dict[str, Any]) -> None:
    assert code(crafted({"a": [element]})) == "bad_digest_list"


# -- A14: algorithm of the digests ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SHA-256", "sha256", "md5", "sha-256-32", "sha-1", "sha-512", "", 256, None, ["sha-256"]])
def test_another_digest_algorithm_is_refused(name: Any) -> None:
    assert code(crafted({"_sd": [], "_sd_alg": name})) == "sd_alg_not_allowed"


@pytest.mark.parametrize("named", [{"_sd_alg": "sha-256"}, {}])
def test_sha_256_is_accepted_named_or_not(named: dict[str, str]) -> None:
    assert resolved(crafted({"_sd": [D], **named}, [TEXT])) == {"city": "割符市"}


# -- A15: depth ------------------------------------------------------------------------------------------------------------


def chain(length: int) -> str:
    """A credential whose disclosures each hold the digest of the next."""
    texts = [disclosure(SALT, "end", True)]
    for number in range(length - 1):
        texts.append(disclosure(f"{SALT}{number}", "next", {"_sd": [digest(texts[-1])]}))
    return crafted({"_sd": [digest(texts[-1])]}, texts)


def test_chained_disclosures_are_followed_to_sixteen_levels() -> None:
    claims = resolved(chain(16))
    for _ in range(15):
        claims = claims["next"]
    assert claims == {"end": True}


@pytest.mark.parametrize("length", [17, 400, 512])
def test_longer_chains_are_refused(length: int) -> None:
    assert code(chain(length)) == "nested_too_deep"


def test_deep_arrays_from_disclosures_are_refused() -> None:
    value: Any = "end"
    for _ in range(15):
        value = [value]
    text = disclosure(SALT, value)
    assert code(crafted({"a": [[{"...": digest(text)}]]}, [text])) == "nested_too_deep"
