"""Why sd-jwt is an oracle and not a part: what its pinned version accepts and ours must not (docs/adr/0001).

Every presentation here is signed by the right issuer and bound by the right holder, to the right audience and nonce; one
thing about each is wrong.  Where a newer sd-jwt refuses one of them, this test fails and the decision is due for another look.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from schemas.formats.encoding import b64url_decode, b64url_encode, dump_json, parse_json
from schemas.formats.sdjwt import bind_key, select_disclosures
from tests.oracles.conftest import Oracle
from tests.schemas.verify.attempts import WORLD, attempt, refusal
from tests.world.credentials import PATHS

pytestmark = pytest.mark.oracle


def chosen(**changes: object) -> str:
    """Return a selection of disclosures without key binding, of a credential that the city sealed with ``changes``."""
    header = changes.get("header", {})
    typ = str(header.get("typ", "dc+sd-jwt")) if isinstance(header, dict) else "dc+sd-jwt"
    return select_disclosures(WORLD.sd_jwt(**changes), list(PATHS), typ=typ)


def bound(selection: str, **changes: object) -> str:
    """Bind a selection as :meth:`World.present_sd_jwt` does, without looking at it first."""
    values = {"nonce": WORLD.nonce, "audience": WORLD.audience, "iat": WORLD.at, "signer": WORLD.holder()} | changes
    return bind_key(selection, **values)  # type: ignore[arg-type]  # members by name


def with_a_foreign_disclosure() -> str:
    return bound(chosen() + b64url_encode(dump_json(["c2FsdHNhbHRzYWx0c2FsdA", "nationality", "架空国"])) + "~")


def with_an_altered_disclosure() -> str:
    issuer_jwt, first, *rest = chosen().split("~")
    salt, name, _ = parse_json(b64url_decode(first))
    return bound("~".join([issuer_jwt, b64url_encode(dump_json([salt, name, "別人"])), *rest]))


def expired() -> str:
    now = int(WORLD.at.timestamp())
    return bound(chosen(payload={"iat": now - 7200, "exp": now - 3600}))


FORGED: dict[str, tuple[Callable[[], str], str]] = {
    "a disclosure that no digest refers to": (with_a_foreign_disclosure, "unreferenced_disclosure"),
    "an altered disclosure, whose claim then is missing": (with_an_altered_disclosure, "unreferenced_disclosure"),
    "an expired credential": (expired, "expired"),
    "a key binding of ten years ago": (lambda: bound(chosen(), iat=WORLD.at - timedelta(days=3650)), "key_binding_too_old"),
    "a key binding of ten years ahead": (lambda: bound(chosen(), iat=WORLD.at + timedelta(days=3650)), "key_binding_from_future"),
    "a token of another type": (lambda: bound(chosen(header={"typ": "JWT"})), "wrong_typ"),
    "a credential of another type": (lambda: bound(chosen(payload={"vct": "https://other.example/1"})), "type_not_accepted"),
    "an issuer that the certificate does not name": (lambda: bound(chosen(payload={"iss": WORLD.tonari.issuer})), "issuer_mismatch"),
    "a credential that nobody can revoke": (lambda: bound(chosen(payload={"status": None})), "status_missing"),
}


def test_both_accept_the_genuine_one(python_oracle: Oracle) -> None:
    presentation = bound(chosen())
    assert attempt(presentation).claims["family_name"]
    assert python_oracle("sd_jwt_verify", presentation=presentation, nonce=WORLD.nonce, audience=WORLD.audience)["ok"]


@pytest.mark.parametrize("name", FORGED)
def test_what_the_reference_library_lets_through_is_refused_here(python_oracle: Oracle, name: str) -> None:
    make, code = FORGED[name]
    presentation = make()
    assert refusal(presentation).code == code
    assert python_oracle("sd_jwt_verify", presentation=presentation, nonce=WORLD.nonce, audience=WORLD.audience)["ok"]


def test_both_refuse_another_nonce(python_oracle: Oracle) -> None:
    presentation = bound(chosen(), nonce="another-nonce-altogether")
    assert refusal(presentation).code == "nonce_mismatch"
    assert not python_oracle("sd_jwt_verify", presentation=presentation, nonce=WORLD.nonce, audience=WORLD.audience)["ok"]
