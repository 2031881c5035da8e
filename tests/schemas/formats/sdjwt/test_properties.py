"""Properties over generated claims: what goes in comes out, exactly what is chosen is shown, nothing can be changed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.errors import WarifuError
from schemas.formats.jose import verify_jws
from schemas.formats.sdjwt import (
    RESERVED_NAMES,
    bind_key,
    check_key_binding,
    confirmation_key,
    parse_sd_jwt,
    resolve,
    seal_sd_jwt,
    select_disclosures,
)
from tests.schemas.formats.sdjwt.material import AT, AUDIENCE, CLAIMS, HOLDER, ISSUER, NONCE, resolved, salts, sealed

ALPHABET = "_-~.ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789=+/ é\n\0"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = TEXTS.filter(lambda name: name not in RESERVED_NAMES)
INTEGERS = st.integers(-(2**63), 2**64 - 1)
SCALARS = st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=8)
CLAIMS_SETS = st.dictionaries(NAMES.map(lambda name: f"claim {name}"), VALUES, max_size=8)
RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def paths_of(claims: Any, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every path through objects, the deepest included."""
    if not isinstance(claims, dict):
        return []
    return [path for name, value in claims.items() for path in [(*above, name), *paths_of(value, (*above, name))]]


def same(left: Any, right: Any) -> bool:
    """Equal as JSON, where 1 is not true and 1.0 is not 1."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


@st.composite
def credentials(draw: st.DrawFn) -> tuple[dict[str, Any], list[tuple[str, ...]], str]:
    """Claims, the paths that can be disclosed, and the credential."""
    claims = draw(CLAIMS_SETS)
    paths = paths_of(claims)
    disclosable = draw(st.lists(st.sampled_from(paths), unique=True)) if paths else []
    counts = {
        path: sum(1 for d in disclosable if d[:-1] == path) + draw(st.integers(0, 3)) for path in {(), *(d[:-1] for d in disclosable)}
    }
    return claims, disclosable, seal_sd_jwt(claims, disclosable=disclosable, digest_counts=counts, salts=salts(), header={}, signer=ISSUER)


@RELAXED
@given(credentials())
def test_what_is_sealed_comes_out(made: tuple[dict[str, Any], list[tuple[str, ...]], str]) -> None:
    claims, disclosable, credential = made
    sd_jwt = parse_sd_jwt(credential)
    verify_jws(sd_jwt.issuer_jwt, ISSUER.public_key)
    assert same(resolve(sd_jwt.payload, sd_jwt.disclosures), claims)
    assert len(sd_jwt.disclosures) == len(disclosable)


def without(claims: Any, hidden: set[tuple[str, ...]], above: tuple[str, ...] = ()) -> Any:
    """The claims that remain where ``hidden`` paths are not shown."""
    if not isinstance(claims, dict):
        return claims
    return {name: without(value, hidden, (*above, name)) for name, value in claims.items() if (*above, name) not in hidden}


@RELAXED
@given(credentials(), st.data())
def test_a_selection_shows_exactly_itself(made: tuple[dict[str, Any], list[tuple[str, ...]], str], data: st.DataObject) -> None:
    claims, disclosable, credential = made
    chosen = data.draw(st.lists(st.sampled_from(disclosable), unique=True)) if disclosable else []
    needed = {d for d in disclosable for c in chosen if d[: len(c)] == c or c[: len(d)] == d}
    shown = resolved(select_disclosures(credential, chosen))
    assert same(shown, without(claims, set(disclosable) - needed))


def names_in(value: Any) -> set[str]:
    """Every member name at any depth."""
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set(value if isinstance(value, dict) else ()).union(*(names_in(child) for child in children))


PRESENTATION = bind_key(
    select_disclosures(sealed(), [("birth_date",), ("address", "city")]), nonce=NONCE, audience=AUDIENCE, iat=AT, signer=HOLDER
)


def verify(text: str) -> dict[str, Any]:
    """All that the format itself checks, in the order of a verifier."""
    sd_jwt = parse_sd_jwt(text)
    verify_jws(sd_jwt.issuer_jwt, ISSUER.public_key)
    claims = resolve(sd_jwt.payload, sd_jwt.disclosures)
    check_key_binding(sd_jwt, holder_key=confirmation_key(sd_jwt.payload), nonce=NONCE, audience=AUDIENCE, at=AT)
    return claims


def test_the_presentation_itself_is_accepted() -> None:
    assert verify(PRESENTATION)["birth_date"] == CLAIMS["birth_date"]


def test_any_character_changed_anywhere_is_refused() -> None:
    for place, character in enumerate(PRESENTATION):
        for step in (1, 7, 37):
            other = ALPHABET[(ALPHABET.index(character) + step) % len(ALPHABET)]
            with pytest.raises(WarifuError):
                verify(PRESENTATION[:place] + other + PRESENTATION[place + 1 :])


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_edit_is_refused(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(PRESENTATION)))
    end = data.draw(st.integers(start, min(len(PRESENTATION), start + 60)))
    text = PRESENTATION[:start] + data.draw(st.text(ALPHABET, max_size=60)) + PRESENTATION[end:]
    if text != PRESENTATION:
        with pytest.raises(WarifuError):
            verify(text)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200) | st.text(ALPHABET, max_size=200))
def test_any_text_is_refused_with_a_typed_error(text: str) -> None:
    with pytest.raises(WarifuError):
        parse_sd_jwt(text)


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        SCALARS | st.sampled_from(["_sd", "...", "_sd_alg"]),
        lambda i: (
            st.lists(i, max_size=3) | st.dictionaries(TEXTS | st.sampled_from(["_sd", "...", "_sd_alg", "cnf", "status"]), i, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_any_payload_resolves_or_is_refused_with_a_typed_error(payload: Any) -> None:
    try:
        claims = resolve(payload if isinstance(payload, dict) else {"value": payload}, ())
    except WarifuError:
        return
    assert not RESERVED_NAMES & names_in(claims)
