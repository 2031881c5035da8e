"""Signed metadata from the inner side through the front to the wallet (C07, C28, A28)."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode
from schemas.messages import openid4vci as vci
from schemas.trust import Anchors, TrustAnchor, TrustPurpose
from tests.flows.holder import Holder
from tests.flows.town import FRONT, Town
from wallet.receive.client import IssuanceClient
from wallet.receive.issuers import IssuerEndpoints

DOCUMENT = "/.well-known/openid-credential-issuer/999997"
JWT = "application/jwt"


def endpoints(town: Town, anchors: Anchors | None = None) -> IssuerEndpoints:
    client = IssuanceClient(town.fetcher(), now=town.clock)
    return client.endpoints(town.world.warifu.issuer, anchors=town.anchors if anchors is None else anchors)


def asked_for(town: Town) -> list[str]:
    return [request.headers["accept"] for request in town.wire.seen if request.url.path == DOCUMENT]


def answer_instead(town: Town, body: str | Callable[[bytes], str], media_type: str = JWT) -> None:
    def alter(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if request.url.path != DOCUMENT:
            return answer
        return httpx.Response(200, content=body if isinstance(body, str) else body(answer.content), headers={"content-type": media_type})

    town.wire.alter = alter


def refused(town: Town) -> str:
    with pytest.raises(WarifuError) as caught:
        endpoints(town)
    return caught.value.code


def test_the_inner_side_signs_what_its_front_really_says(town: Town) -> None:
    assert town.sign_metadata()
    response = town.fetcher().get(FRONT + DOCUMENT, accept=JWT)
    assert vci.parse_signed_metadata(response.body).document == json.loads(town.front.issuer_metadata)


def test_the_wallet_receives_by_what_was_signed(town: Town, holder: Holder) -> None:
    town.sign_metadata()
    received = holder.accept(town.offer())
    assert received.access is not None
    assert received.access.endpoints.statement == "signed"
    assert len(received.copies) == 12
    assert asked_for(town) == ["application/jwt, application/json"]
    again = holder.refresh()
    assert again.access is not None
    assert again.access.endpoints.statement == "signed"


def test_both_forms_say_the_same(town: Town) -> None:
    unsigned = endpoints(town)
    town.sign_metadata()
    signed = endpoints(town)
    assert (unsigned.statement, signed.statement) == ("unsigned", "signed")
    assert signed.metadata == unsigned.metadata
    assert signed.metadata.raw == unsigned.metadata.raw
    assert signed.token_endpoint == unsigned.token_endpoint


def test_unsigned_metadata_is_noted_and_used(town: Town, holder: Holder) -> None:
    received = holder.accept(town.offer())
    assert received.access is not None
    assert received.access.endpoints.statement == "unsigned"
    assert len(received.copies) == 12


def test_whoever_cannot_check_a_signature_does_not_ask_for_one(town: Town) -> None:
    town.sign_metadata()
    city = town.world.warifu
    purposes = frozenset({TrustPurpose.ISSUER, TrustPurpose.STATUS})
    other = TrustAnchor(purposes=purposes, certificate=city.root.certificate, municipality=city.code)
    for anchors in (Anchors((other,)), Anchors((other, town.world.tonari.anchor)), Anchors(())):
        assert endpoints(town, anchors).statement == "not-asked"
    assert set(asked_for(town)) == {"application/json"}
    answer_instead(town, _signed_by_the_city(town))
    with pytest.raises(WarifuError, match="media type"):
        endpoints(town, Anchors((other,)))


def _signed_by_the_city(town: Town, **changes: object) -> str:
    document = json.loads(town.front.issuer_metadata) | changes
    at = town.clock()
    return vci.build_signed_metadata(document, identity=town.world.warifu.metadata_signer, issued_at=at, expires_at=at.replace(year=2027))


def test_metadata_changed_on_the_way_is_refused(town: Town) -> None:
    town.sign_metadata()

    def steal(body: bytes) -> str:
        header, _, signature = body.decode().split(".")
        claims = vci.parse_signed_metadata(body).jws.claims()
        claims["credential_endpoint"] = claims["credential_endpoint"].replace("/credential", "/collect")
        return f"{header}.{b64url_encode(json.dumps(claims).encode())}.{signature}"

    answer_instead(town, steal)
    assert refused(town) == "bad_signature"


def test_a_statement_of_the_document_signer_is_refused(town: Town) -> None:
    at, world = town.clock(), town.world
    document = json.loads(town.front.issuer_metadata)
    for identity in (world.warifu.document_signer, world.warifu.status_signer):
        answer_instead(town, vci.build_signed_metadata(document, identity=identity, issued_at=at, expires_at=at.replace(year=2027)))
        assert refused(town) == "extended_key_usage_mismatch"


def test_a_neighbour_that_the_wallet_trusts_does_not_speak_for_this_city(town: Town) -> None:
    at, world = town.clock(), town.world
    document = json.loads(town.front.issuer_metadata)
    # Even a certificate of the neighbour's root that names this city's address: that root does not speak for it.
    forged = world.tonari.signing_identity(TrustPurpose.METADATA, uris=[world.warifu.issuer])
    answer_instead(town, vci.build_signed_metadata(document, identity=forged, issued_at=at, expires_at=at.replace(year=2027)))
    with pytest.raises(WarifuError) as caught:
        endpoints(town, Anchors((world.warifu.anchor, world.tonari.anchor)))
    assert caught.value.code == "chain_untrusted"


def test_an_old_statement_is_refused(town: Town) -> None:
    town.sign_metadata()
    kept = town.fetcher().get(FRONT + DOCUMENT, accept=JWT).body.decode()
    town.clock.forward(days=2)
    assert endpoints(town).statement == "unsigned", "the front itself no longer serves it"
    answer_instead(town, kept)
    assert refused(town) == "metadata_expired"


def test_signed_endpoints_elsewhere_are_refused_too(town: Town) -> None:
    answer_instead(town, _signed_by_the_city(town, credential_endpoint="https://evil.example/credential"))
    assert refused(town) == "endpoint_elsewhere"
