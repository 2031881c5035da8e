"""Signed metadata at the front: taken where it is newer and the front's own, served to whoever asks for it (C07, C28, E17)."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from issuer.front.signed import SignedMetadata, prefers_signed
from schemas.messages import openid4vci as vci
from tests.issuer.front.conftest import Front
from tests.issuer.front.parties import ISSUER
from tests.world import City

CITY = City("999997", "割符市", "localhost:8443")
DOCUMENT = vci.well_known_url(ISSUER, vci.ISSUER_METADATA)
JWT = "application/jwt"
BOTH = "application/jwt, application/json"


def signed(front: Front, *, minutes: int = 0, life: timedelta = timedelta(hours=1), **changes: Any) -> bytes:
    document = json.loads(front.office.issuer_metadata) | changes
    at = front.clock.at + timedelta(minutes=minutes)
    return vci.build_signed_metadata(document, identity=CITY.metadata_signer, issued_at=at, expires_at=at + life).encode()


def put(front: Front, run: Any, body: bytes, media_type: str = JWT) -> Any:
    return run(front.inner.put("/metadata", body, media_type))


def get(front: Front, run: Any, accept: str | None = BOTH, **headers: str) -> Any:
    sent = headers if accept is None else {"Accept": accept, **headers}
    return run(front.public.get(DOCUMENT, headers=sent))


def test_the_inner_side_reads_what_wallets_read(front: Front, run: Any) -> None:
    inner = run(front.internal.get("/internal/v1/metadata"))
    assert inner.headers["content-type"] == "application/json"
    assert inner.content == get(front, run, "application/json").content == front.office.issuer_metadata


def test_the_signed_form_is_served_byte_for_byte(front: Front, run: Any) -> None:
    body = signed(front)
    assert put(front, run, body).status_code == 204

    response = get(front, run)

    assert (response.status_code, response.content) == (200, body)
    assert response.headers["content-type"] == JWT
    assert response.headers["vary"] == "Accept"
    assert response.headers["cache-control"] == "no-cache"


def test_the_two_forms_have_tags_of_their_own(front: Front, run: Any) -> None:
    put(front, run, signed(front))
    tags = {form: get(front, run, form).headers["etag"] for form in (JWT, "application/json")}
    assert len(set(tags.values())) == 2
    for form, tag in tags.items():
        same = get(front, run, form, **{"If-None-Match": tag})
        assert (same.status_code, same.content, same.headers["vary"]) == (304, b"", "Accept")
        other = next(value for value in tags.values() if value != tag)
        assert get(front, run, form, **{"If-None-Match": other}).status_code == 200


@pytest.mark.parametrize("accept", [JWT, BOTH])
def test_without_a_signed_form_everybody_gets_json(front: Front, run: Any, accept: str) -> None:
    response = get(front, run, accept)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    assert response.headers["vary"] == "Accept"


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("application/jwt", True),
        ("application/jwt, application/json", True),
        ("application/json, application/jwt", True),
        ("application/json;q=0.9, application/jwt", True),
        ("Application/JWT;q=1.0", True),
        ("application/jwt;q=0.5, */*;q=0.1", True),
        ("application/json", False),
        ("application/jwt;q=0.5, application/json", False),
        ("application/jwt;q=0.5, */*", False),
        ("application/jwt;q=0", False),
        ("application/jwt;q=high", False),
        ("application/jwt;q=nan", False),
        ("*/*", False),
        ("application/*", False),
        ("", False),
        ("text/html", False),
        (",;,q=1", False),
    ],
)
def test_the_signed_form_must_be_asked_for(front: Front, run: Any, accept: str, wanted: bool) -> None:
    put(front, run, signed(front))
    assert prefers_signed(accept) is wanted
    response = get(front, run, accept)
    assert (response.status_code, response.headers["content-type"]) == (200, JWT if wanted else "application/json")


def test_a_request_without_accept_gets_json(front: Front, run: Any) -> None:
    put(front, run, signed(front))
    request = front.public.build_request("GET", DOCUMENT)
    del request.headers["accept"]
    assert run(front.public.send(request)).headers["content-type"] == "application/json"


def test_an_older_statement_never_replaces_a_newer_one(front: Front, run: Any) -> None:
    newest = signed(front, minutes=5)
    assert put(front, run, newest).status_code == 204
    for older in (signed(front), signed(front, minutes=5, life=timedelta(hours=2))):
        assert put(front, run, older).status_code == 409
    assert get(front, run).content == newest


def test_the_same_bytes_again_are_no_mistake(front: Front, run: Any) -> None:
    body = signed(front)
    assert [put(front, run, body).status_code for _ in range(2)] == [204, 204]


def test_of_parallel_statements_the_newest_stays(front: Front, run: Any) -> None:
    bodies = [signed(front, minutes=number) for number in range(8)]

    async def flow() -> set[int]:
        answers = await asyncio.gather(*(front.inner.put("/metadata", body, JWT) for body in reversed(bodies)))
        return {answer.status_code for answer in answers}

    assert run(flow()) <= {204, 409}
    assert get(front, run).content == bodies[-1]


@pytest.mark.parametrize(
    "changes",
    [
        {"credential_issuer": "https://localhost:8443/999989"},
        {"credential_endpoint": f"{ISSUER}/elsewhere"},
        {"authorization_servers": ["https://evil.example"]},
        {"credential_configurations_supported": {}},
    ],
)
def test_what_the_front_does_not_say_itself_is_refused(front: Front, run: Any, changes: dict[str, Any]) -> None:
    assert put(front, run, signed(front, **changes)).status_code == 409
    assert get(front, run).headers["content-type"] == "application/json"


@pytest.mark.parametrize("life", [timedelta(0), timedelta(seconds=-1)])
def test_what_has_ended_is_refused(front: Front, run: Any, life: timedelta) -> None:
    assert put(front, run, signed(front, life=life)).status_code == 400
    assert get(front, run).headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("body", "media_type", "status"), [(b"", JWT, 400), (b"a.b.c", JWT, 400), (b"\xff", JWT, 400), (None, "text/plain", 415)]
)
def test_what_is_no_statement_is_refused(front: Front, run: Any, body: bytes | None, media_type: str, status: int) -> None:
    assert put(front, run, signed(front) if body is None else body, media_type).status_code == status
    assert get(front, run).headers["content-type"] == "application/json"


def test_an_ended_statement_is_no_longer_served(front: Front, run: Any) -> None:
    put(front, run, signed(front))
    front.clock.advance(minutes=59)
    assert get(front, run).headers["content-type"] == JWT
    front.clock.advance(minutes=1)
    assert get(front, run).headers["content-type"] == "application/json"


def test_after_an_update_of_the_front_the_old_statement_is_not_served(front: Front, run: Any) -> None:
    body = signed(front)
    put(front, run, body)
    updated = SignedMetadata(front.signed.path, front.office.issuer_metadata.replace(b'"batch_size":20', b'"batch_size":10'))
    assert updated.unsigned != front.office.issuer_metadata
    assert updated.current(at=front.clock.at) is None
    assert front.signed.current(at=front.clock.at) == body


def test_a_damaged_file_is_as_good_as_none(front: Front, run: Any) -> None:
    put(front, run, signed(front))
    front.signed.path.write_bytes(b"half a statem")
    assert get(front, run).headers["content-type"] == "application/json"
    body = signed(front)
    assert put(front, run, body).status_code == 204
    assert get(front, run).content == body
