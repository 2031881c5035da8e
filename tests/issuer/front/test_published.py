"""Published status lists: moved forward only, served as what they are (threats E02, E07, E16, E17, F10)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from schemas.formats.status_list import StatusBits, parse_status_token, seal_status_cwt, seal_status_jwt
from tests.issuer.front.conftest import Front
from tests.issuer.front.parties import ISSUER
from tests.world import City

CITY = City("999997", "割符市", "localhost:8443")
JWT, CWT = "application/statuslist+jwt", "application/statuslist+cwt"


def sealed(front: Front, name: str = "1", *, form: str = "jwt", minutes: int = 0, revoked: int | None = None) -> bytes:
    bits = StatusBits.new(1024)
    if revoked is not None:
        bits.set(revoked)
    iat = front.clock.at + timedelta(minutes=minutes)
    identity = CITY.status_signer
    values: dict[str, Any] = {
        "uri": f"{ISSUER}/status/{name}.{form}",
        "iat": iat,
        "exp": iat + timedelta(hours=1),
        "ttl": timedelta(seconds=60),
        "signer": identity.signer,
        "chain_der": identity.chain_der,
    }
    if form == "cwt":
        return seal_status_cwt(bits, **values)
    return seal_status_jwt(bits, **values).encode()


def put(front: Front, run: Any, name: str, body: bytes, media_type: str = JWT) -> int:
    return int(run(front.inner.put(f"/status/{name}", body, media_type)).status_code)


@pytest.mark.parametrize(("form", "media_type"), [("jwt", JWT), ("cwt", CWT)])
def test_a_list_is_served_byte_for_byte(front: Front, run: Any, form: str, media_type: str) -> None:
    body = sealed(front, form=form, revoked=7)
    assert put(front, run, f"1.{form}", body, media_type) == 204

    response = run(front.public.get(f"{ISSUER}/status/1.{form}"))

    assert response.status_code == 200
    assert response.content == body
    assert response.headers["content-type"] == media_type
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cache-control"] == "no-cache"
    assert parse_status_token(response.content, media_type=media_type).decode().get(7) == 1


def test_an_unchanged_list_need_not_be_sent_again(front: Front, run: Any) -> None:
    put(front, run, "1.jwt", sealed(front))
    tag = run(front.public.get(f"{ISSUER}/status/1.jwt")).headers["etag"]

    unchanged = run(front.public.get(f"{ISSUER}/status/1.jwt", headers={"If-None-Match": f'"other", {tag}'}))
    assert (unchanged.status_code, unchanged.content) == (304, b"")

    put(front, run, "1.jwt", sealed(front, minutes=1))
    changed = run(front.public.get(f"{ISSUER}/status/1.jwt", headers={"If-None-Match": tag}))
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_a_head_request_has_no_body(front: Front, run: Any) -> None:
    put(front, run, "1.jwt", sealed(front))
    response = run(front.public.head(f"{ISSUER}/status/1.jwt"))
    assert (response.status_code, response.content) == (200, b"")


def test_an_older_list_never_replaces_a_newer_one(front: Front, run: Any) -> None:
    newest = sealed(front, minutes=5)
    assert put(front, run, "1.jwt", newest) == 204
    assert put(front, run, "1.jwt", sealed(front)) == 409
    assert put(front, run, "1.jwt", sealed(front, minutes=5, revoked=3)) == 409
    assert run(front.public.get(f"{ISSUER}/status/1.jwt")).content == newest


def test_the_same_bytes_again_are_no_mistake(front: Front, run: Any) -> None:
    body = sealed(front)
    assert [put(front, run, "1.jwt", body) for _ in range(2)] == [204, 204]


def test_of_parallel_publications_the_newest_stays(front: Front, run: Any) -> None:
    bodies = [sealed(front, minutes=number) for number in range(16)]

    async def flow() -> list[int]:
        answers = await asyncio.gather(*(front.inner.put("/status/1.jwt", body, JWT) for body in reversed(bodies)))
        return [answer.status_code for answer in answers]

    assert set(run(flow())) <= {204, 409}
    assert run(front.public.get(f"{ISSUER}/status/1.jwt")).content == bodies[-1]


def test_a_list_stands_only_where_it_says(front: Front, run: Any) -> None:
    assert put(front, run, "2.jwt", sealed(front, "1")) == 400
    assert run(front.public.get(f"{ISSUER}/status/2.jwt")).status_code == 404


@pytest.mark.parametrize(
    ("name", "media_type", "status"),
    [
        ("1.jwt", CWT, 415),
        ("1.cwt", JWT, 415),
        ("1.jwt", "text/html", 415),
        ("1.html", "text/html", 404),
        ("1", JWT, 404),
        ("..%2Fconfig.jwt", JWT, 404),
        (".hidden.jwt", JWT, 404),
        ("a" * 65 + ".jwt", JWT, 404),
    ],
)
def test_names_and_types_that_are_refused(front: Front, run: Any, name: str, media_type: str, status: int) -> None:
    assert put(front, run, name, sealed(front), media_type) == status


@pytest.mark.parametrize("body", [b"", b"<html>", b"a.b.c"])
def test_what_is_no_list_is_refused(front: Front, run: Any, body: bytes) -> None:
    assert put(front, run, "1.jwt", body) == 400
    assert run(front.public.get(f"{ISSUER}/status/1.jwt")).status_code == 404


@pytest.mark.parametrize("name", ["..%2F..%2Fconfig.toml", "%2e%2e/config.toml", ".1.jwt.lock", "1.jwt%00", "１.jwt"])
def test_nothing_else_can_be_read(front: Front, run: Any, name: str) -> None:
    put(front, run, "1.jwt", sealed(front))
    assert run(front.public.get(f"{ISSUER}/status/{name}")).status_code == 404
