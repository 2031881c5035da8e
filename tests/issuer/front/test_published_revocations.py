"""A published revocation stands, whoever brings the next list: the inner side may have been restored (threats E14, E17)."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.formats.status_list import parse_status_token
from tests.issuer.front.conftest import Front
from tests.issuer.front.parties import ISSUER
from tests.issuer.front.test_published import CWT, JWT, put, sealed


@pytest.mark.parametrize(("form", "media_type"), [("jwt", JWT), ("cwt", CWT)])
def test_a_newer_list_that_takes_a_revocation_back_is_refused(front: Front, run: Any, form: str, media_type: str) -> None:
    published = sealed(front, form=form, revoked=7)
    assert put(front, run, f"1.{form}", published, media_type) == 204
    for revoked in (None, 8):
        assert put(front, run, f"1.{form}", sealed(front, form=form, minutes=5, revoked=revoked), media_type) == 409
    served = run(front.public.get(f"{ISSUER}/status/1.{form}")).content
    assert served == published
    assert parse_status_token(served, media_type=media_type).decode().get(7) == 1


def test_a_newer_list_that_keeps_every_revocation_is_taken(front: Front, run: Any) -> None:
    assert put(front, run, "1.jwt", sealed(front)) == 204
    newer = sealed(front, minutes=1, revoked=7)
    assert put(front, run, "1.jwt", newer) == 204
    again = sealed(front, minutes=2, revoked=7)
    assert put(front, run, "1.jwt", again) == 204
    assert run(front.public.get(f"{ISSUER}/status/1.jwt")).content == again
