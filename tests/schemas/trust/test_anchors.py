"""Anchors say what they trust, and refuse to say too little."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.errors import WarifuError
from schemas.trust import Anchors, TrustAnchor, TrustPurpose
from tests.world.actors import City, signer_for

CITY = City("999997", "割符市", "warifu.example")
ISSUER = frozenset({TrustPurpose.ISSUER})


@pytest.mark.parametrize(
    "settings",
    [
        {"purposes": ISSUER},
        {"purposes": ISSUER, "certificate": CITY.root.certificate, "jwk": signer_for("x").public_key},
        {"purposes": frozenset(), "certificate": CITY.root.certificate, "municipality": "999997"},
        {"purposes": ISSUER, "certificate": CITY.root.certificate},
        {"purposes": frozenset({"issuer"}), "certificate": CITY.root.certificate, "municipality": "999997"},
        {"purposes": ISSUER, "certificate": CITY.root.certificate, "municipality": "999997", "profile": "Strict"},
        {"purposes": ISSUER, "certificate": CITY.root.certificate, "municipality": 999997},
        {"purposes": ISSUER, "certificate": CITY.root.certificate, "municipality": "999997", "pinned": "no"},
        {"purposes": ISSUER, "certificate": CITY.root.certificate, "municipality": "999997", "max_list_bytes": "1"},
        {"purposes": ISSUER, "certificate": CITY.root.certificate, "municipality": "999997", "status_origins": frozenset({7})},
        {"purposes": ISSUER, "certificate": CITY.root.certificate, "municipality": "999997", "status_policy": "none"},
        {"purposes": ISSUER, "certificate": CITY.root.certificate, "municipality": "99999"},
        {"purposes": ISSUER, "certificate": CITY.root.certificate, "municipality": "999997", "max_list_bytes": 0},
        {"purposes": ISSUER, "certificate": CITY.root.certificate, "municipality": "999997", "max_list_bytes": 32 * 1024 * 1024 + 1},
        *(
            {"purposes": ISSUER, "certificate": CITY.root.certificate, "municipality": "999997", "status_origins": frozenset({origin})}
            for origin in ["http://a.example", "https://a.example/", "https://a.example/x", "https://u@a.example", "https://A.example", "*"]
        ),
    ],
)
def test_unusable_anchor_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(WarifuError) as refusal:
        TrustAnchor(**settings)
    assert refusal.value.code == "bad_anchor"


def test_an_anchor_serves_its_purposes_only() -> None:
    anchors = Anchors([CITY.anchor])
    assert anchors.for_purpose(TrustPurpose.ISSUER) == (CITY.anchor,)
    assert anchors.for_purpose(TrustPurpose.READER) == ()


def test_equal_settings_make_equal_anchors() -> None:
    again = City("999997", "割符市", "warifu.example")
    assert again.anchor == CITY.anchor
    assert Anchors([again.anchor]) == Anchors([CITY.anchor])
    assert hash(Anchors([again.anchor])) == hash(Anchors([CITY.anchor]))
    foreign = TrustAnchor(purposes=CITY.anchor.purposes, certificate=CITY.anchor.certificate, profile="foreign")
    assert foreign != CITY.anchor
    assert Anchors([foreign]) != Anchors([CITY.anchor])
    assert list(Anchors([foreign])) == [foreign]
