"""What a wallet must not answer: requests that are not what they say, purposes exceeded, copies used up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest

from schemas.errors import WarifuError
from schemas.formats.jose import parse_jws, sign_jwt, x5c_header
from schemas.messages.openid4vp import REQUEST_MEDIA_TYPE, REQUEST_TYP, client_id_for
from schemas.trust import Anchors, Authority, SigningIdentity, Subject, TrustPurpose, build_leaf, build_root
from tests.flows.holder import Holder
from tests.flows.town import VERIFIER, Town, purposes, registrations
from tests.world import Party, certificate_serial, signer_for
from verifier.flows import CreatedRequest

Claims = dict[str, Any]


def instead(town: Town, change: Callable[[Claims], Any], identity: SigningIdentity | None = None, typ: str = REQUEST_TYP) -> None:
    """Serve a request object with changed claims, signed by the bank or by ``identity``."""
    signing = identity or town.world.bank.identity

    def alter(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if not request.url.path.startswith("/openid4vp/request/"):
            return answer
        claims = parse_jws(answer.text, typ=REQUEST_TYP).claims()
        change(claims)
        token = sign_jwt(typ, claims, signing.signer, header={"x5c": x5c_header(signing.chain_der)})
        return httpx.Response(200, content=token.encode(), headers={"content-type": REQUEST_MEDIA_TYPE})

    town.wire.alter = alter


def refusal(holder: Holder, request: CreatedRequest) -> WarifuError:
    """Read and answer, expect a refusal, and see that nothing went to the verifier's response endpoint."""
    with pytest.raises(WarifuError) as caught:
        holder.show(request)
    assert not any("/response/" in path for path in holder.town.wire.paths())
    assert all(copy.shown_at is None for copy in holder.content.copies.values())
    return caught.value


# ---- the request object (threat rows D06, D07)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda claims: claims.update(client_id="x509_hash:other"), "client_id_mismatch"),
        (lambda claims: claims.update(redirect_uri="https://verifier.example/cb"), "request_malformed"),
        (lambda claims: claims.update(exp=claims["iat"] - 1), "request_expired"),
        (lambda claims: claims.update(wallet_nonce="of-another-wallet"), "wallet_nonce_mismatch"),
        (lambda claims: claims.pop("wallet_nonce"), "wallet_nonce_mismatch"),
        (lambda claims: claims.update(aud="https://elsewhere.example"), "request_malformed"),
        (lambda claims: claims.update(response_uri="http://verifier.example/r"), "request_malformed"),
        (lambda claims: claims.update(response_uri="https://collector.example/r"), "response_uri_foreign"),
        (lambda claims: claims.update(response_type="id_token"), "request_malformed"),
        (lambda claims: claims.update(response_mode="query"), "request_malformed"),
        (lambda claims: claims.update(transaction_data=["eyJ0eXBlIjoicGF5In0"]), "transaction_data_unsupported"),
        (lambda claims: claims.update(nonce="short"), "request_malformed"),
        (lambda claims: claims["client_metadata"].update(jwks={"keys": []}), "no_usable_encryption_key"),
        (lambda claims: claims.update(dcql_query={"credentials": []}), "query_malformed"),
    ],
)
def test_a_request_that_is_not_in_order_is_not_answered(town: Town, holder: Holder, change: Callable[[Claims], Any], code: str) -> None:
    instead(town, change)
    assert refusal(holder, town.ask()).code == code


def test_a_request_of_another_type_is_not_taken_for_one(town: Town, holder: Holder) -> None:
    instead(town, lambda _claims: None, typ="JWT")
    assert refusal(holder, town.ask()).layer in {"parse", "protocol", "signature"}


def test_only_the_signed_parameters_count(town: Town, holder: Holder) -> None:
    request = town.ask()
    link = request.link + "&" + "response_uri=" + quote("https://collector.example/r", safe="") + "&nonce=aaaaaaaaaaaaaaaaaaaaaaaa"
    asked = holder.read(CreatedRequest(request.session, request.flow, link, None, request.request_uri, request.expires_at))
    assert asked.response_uri.startswith(VERIFIER)
    assert asked.nonce != "aaaaaaaaaaaaaaaaaaaaaaaa"


def test_a_link_of_another_client(town: Town, holder: Holder) -> None:
    request = town.ask()
    client_id = parse_qs(urlsplit(request.link).query)["client_id"][0]
    link = request.link.replace(quote(client_id, safe=""), quote(client_id[:-1] + ("A" if client_id[-1] != "A" else "B"), safe=""))
    assert link != request.link
    changed = CreatedRequest(request.session, request.flow, link, None, request.request_uri, request.expires_at)
    assert refusal(holder, changed).code == "client_id_mismatch"


@pytest.mark.parametrize("prefix", ["x509_san_dns:verifier.example", "redirect_uri:https://verifier.example", "verifier.example"])
def test_another_kind_of_client_identifier(town: Town, holder: Holder, prefix: str) -> None:
    request = town.ask()
    link = f"haip-vp://?client_id={quote(prefix, safe='')}&request_uri={quote(request.request_uri, safe='')}&request_uri_method=post"
    instead(town, lambda claims: claims.update(client_id=prefix))
    changed = CreatedRequest(request.session, request.flow, link, None, request.request_uri, request.expires_at)
    assert refusal(holder, changed).code == "client_id_prefix_unsupported"


def test_a_replayed_request_is_not_fresh(town: Town, holder: Holder) -> None:
    """Where the verifier wants a plain GET, an old object is told by its end."""
    request = town.ask()
    link = request.link.replace("request_uri_method=post", "request_uri_method=get")
    plain = CreatedRequest(request.session, request.flow, link, None, request.request_uri, request.expires_at)
    assert holder.read(plain).nonce
    far = int((town.clock() + timedelta(days=30)).timestamp())
    instead(town, lambda claims: claims.update(exp=far))
    assert refusal(holder, plain).code == "request_not_fresh"


# ---- who asks (threat row D08)


def certified(authority: Authority, name: str = "割符銀行", **changes: Any) -> SigningIdentity:
    signer = signer_for(f"forger {name}")
    values: dict[str, Any] = {
        "subject": Subject("Verifier", name),
        "public_key": signer.public_key,
        "issuer": authority,
        "uris": [VERIFIER],
        "dns_names": ["verifier.example"],
        "serial": certificate_serial(f"forger {name}"),
        "not_before": authority.certificate.not_valid_before_utc,
        "not_after": authority.certificate.not_valid_after_utc,
    }
    return SigningIdentity(signer, (build_leaf(TrustPurpose.READER, **values | changes),))


def unknown_registrar(town: Town, name: str = "割符登録局") -> Authority:
    signer = signer_for("unknown registrar")
    certificate = build_root(
        subject=Subject("Registrar Root", name),
        signer=signer,
        serial=certificate_serial("unknown registrar"),
        not_before=town.world.at - timedelta(days=365),
        not_after=town.world.at + timedelta(days=365),
    )
    return Authority(certificate, signer)


def speaking_as(town: Town, identity: SigningIdentity) -> CreatedRequest:
    """Serve the bank's request signed by ``identity``, without the bank's registration, with a link that fits it."""
    client_id = client_id_for(identity.chain_der[0])
    instead(town, lambda claims: claims.update(client_id=client_id, iss=client_id, verifier_info=[]), identity)
    request = town.ask()
    link = f"haip-vp://?client_id={quote(client_id, safe='')}&request_uri={quote(request.request_uri, safe='')}&request_uri_method=post"
    return CreatedRequest(request.session, request.flow, link, None, request.request_uri, request.expires_at)


@pytest.mark.parametrize(("registrar", "code"), [("隣町登録局", "chain_untrusted"), ("割符登録局", "chain_broken")])
def test_a_verifier_certified_by_nobody_we_trust(town: Town, holder: Holder, registrar: str, code: str) -> None:
    assert refusal(holder, speaking_as(town, certified(unknown_registrar(town, registrar)))).code == code


def test_a_self_signed_verifier(town: Town, holder: Holder) -> None:
    root = unknown_registrar(town)
    assert refusal(holder, speaking_as(town, SigningIdentity(root.signer, (root.certificate,)))).code == "leaf_self_signed"


def test_a_city_may_issue_and_yet_not_ask(town: Town, holder: Holder) -> None:
    """An issuer's signer, under a root that the wallet trusts as issuer, is no verifier."""
    assert refusal(holder, speaking_as(town, town.world.warifu.document_signer)).layer == "chain"


def test_an_expired_access_certificate(town: Town, holder: Holder) -> None:
    ended = certified(town.world.registrar, not_after=town.world.at - timedelta(hours=1))
    assert refusal(holder, speaking_as(town, ended)).code == "certificate_expired"


def test_another_registered_verifier_cannot_send_answers_to_the_bank(town: Town, holder: Holder) -> None:
    other = Party("隣町信用金庫", "tonari-bank.example", town.world.registrar)
    assert refusal(holder, speaking_as(town, other.identity)).code == "response_uri_foreign"


# ---- the purpose


def test_more_than_was_registered_is_refused(town: Town, holder: Holder) -> None:
    holder.accept(town.offer(configurations=["resident-record-sd-jwt"]))
    town.wire.seen.clear()
    smaller = registrations(town.world, [purposes()["adult"]], town.world.audience)["adult"]
    instead(town, lambda claims: claims.update(verifier_info=[{"format": "jwt", "data": smaller}]))
    assert refusal(holder, town.ask("plain")).code == "purpose_exceeded"


def test_the_registration_of_another_party_is_refused(town: Town, holder: Holder) -> None:
    foreign = registrations(town.world, [purposes()["plain"]], "x509_hash:somebody-else")["plain"]
    instead(town, lambda claims: claims.update(verifier_info=[{"format": "jwt", "data": foreign}]))
    assert refusal(holder, town.ask("plain")).code == "registration_mismatch"


def test_an_expired_registration_is_refused(town: Town, holder: Holder) -> None:
    ended = registrations(town.world, [purposes()["plain"]], town.world.audience, expires_at=town.clock())["plain"]
    instead(town, lambda claims: claims.update(verifier_info=[{"format": "jwt", "data": ended}]))
    assert refusal(holder, town.ask("plain")).code == "registration_expired"


def test_without_a_registration_the_screen_says_so(town: Town, holder: Holder) -> None:
    holder.accept(town.offer(configurations=["resident-record-sd-jwt"]))
    instead(town, lambda claims: claims.pop("verifier_info"))
    assert holder.consent(holder.read(town.ask("plain"))).asker.purpose == ""


# ---- what is held


def test_nothing_matches(town: Town, holder: Holder) -> None:
    holder.accept(town.offer())
    town.wire.seen.clear()
    assert refusal(holder, town.ask("unheld")).code == "no_match"


def test_no_fresh_copy_is_left_and_reuse_must_be_said(town: Town, holder: Holder) -> None:
    holder.copies = 2
    holder.accept(town.offer())
    town.publish()
    for _ in range(2):
        assert holder.show(town.ask()).accepted
    request = town.ask()
    with pytest.raises(WarifuError) as caught:
        holder.show(request)
    assert caught.value.code == "no_fresh_copy"
    assert holder.show(request, reuse=True).accepted


def test_a_copy_whose_key_was_shown_in_another_format_is_not_fresh(town: Town, holder: Holder) -> None:
    holder.copies = 1
    holder.accept(town.offer())
    town.publish()
    assert holder.show(town.ask("plain")).accepted
    with pytest.raises(WarifuError) as caught:
        holder.show(town.ask("card"))
    assert caught.value.code == "no_fresh_copy"
    assert holder.show(town.ask("card"), reuse=True).accepted


def test_an_expired_copy_is_not_shown(town: Town, holder: Holder) -> None:
    made = holder.accept(town.offer())
    request = town.ask()
    asked = holder.read(request)
    town.clock.forward(days=14)
    for only in ([], [made.copies[0].copy_id]):
        with pytest.raises(WarifuError) as caught:
            holder.consent(asked, only=only, reuse=True)
        assert caught.value.code == "no_match"


def test_what_was_not_asked_for_does_not_leave(town: Town, holder: Holder) -> None:
    holder.accept(town.offer())
    asked = holder.read(town.ask())
    with pytest.raises(WarifuError) as caught:
        holder.consent(asked, disclose=["sex"])
    assert caught.value.code == "claim_not_asked"


def test_a_wallet_that_trusts_no_registrar_answers_nobody(town: Town, holder: Holder) -> None:
    holder.anchors = Anchors([town.world.warifu.anchor])
    assert refusal(holder, town.ask()).code == "chain_untrusted"
