"""What a wallet must not take, whoever sends it; and that nothing half done is stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_decode, b64url_encode, dump_json, parse_json
from schemas.formats.jose import key_from_jwk, parse_jws
from schemas.messages.openid4vci import CredentialOffer, offer_link, parse_offer_link
from schemas.trust import Anchors, TrustAnchor, TrustPurpose
from tests.flows.holder import Holder
from tests.flows.town import Town
from tests.world import City
from tests.world.credentials import BASIC_FOUR, RESIDENT_RECORD, SdJwtRecipe

ONE = ["resident-record-sd-jwt"]
Change = Callable[[dict[str, Any]], Any]


def refused(holder: Holder, made: Any, tx_code: str | None = None) -> WarifuError:
    """Accept, expect a refusal, and see that nothing of the vault changed."""
    before, content = holder.file(), holder.content.to_bytes()
    with pytest.raises(WarifuError) as caught:
        holder.accept(made, tx_code)
    assert holder.file() == before
    assert holder.content.to_bytes() == content
    return caught.value


def altered(town: Town, path: str, change: Change, *, times: int = 1) -> None:
    """Change the JSON that comes from ``path``, in place or to what ``change`` returns, so many times."""
    left = [times]

    def alter(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if not request.url.path.endswith(path) or answer.status_code != 200 or not left[0]:
            return answer
        left[0] -= 1
        document = json.loads(answer.content)
        changed = change(document)
        return httpx.Response(200, json=document if changed is None else changed)

    town.wire.alter = alter


# ---- the offer


def test_an_unknown_issuer_is_refused_before_anything_is_sent(town: Town, holder: Holder) -> None:
    made = town.offer(tx_code=True)
    holder.anchors = Anchors([town.world.tonari.anchor, town.world.registrar_anchor])
    assert refused(holder, made).code == "issuer_not_trusted"
    assert town.wire.seen == []


def test_a_root_trusted_for_another_purpose_makes_no_trusted_issuer(town: Town, holder: Holder) -> None:
    made = town.offer()
    only_status = TrustAnchor(
        purposes=frozenset({TrustPurpose.STATUS}), certificate=town.world.warifu.root.certificate, municipality="999997"
    )
    holder.anchors = Anchors([only_status])
    assert refused(holder, made).code == "issuer_not_trusted"
    assert town.wire.seen == []


def test_a_used_code(town: Town, holder: Holder) -> None:
    made = town.offer()
    holder.accept(made)
    assert refused(holder, made).code == "token_refused"


def test_an_expired_code(town: Town, holder: Holder) -> None:
    made = town.offer()
    town.clock.forward(minutes=5)
    error = refused(holder, made)
    assert (error.code, error.message) == ("token_refused", "the issuer refused: invalid_grant")
    assert "new offer" in error.hint


def test_a_wrong_tx_code_costs_a_try_and_the_right_one_still_works(town: Town, holder: Holder) -> None:
    made = town.offer(tx_code=True)
    wrong = f"{(int(made.tx_code or '') + 1) % 10**6:06d}"
    assert refused(holder, made, wrong).code == "token_refused"
    assert len(holder.accept(made).copies) == 12


@pytest.mark.parametrize("typed", ["12345", "1234567", "12345a", "１２３４５６"])
def test_a_tx_code_that_cannot_be_right_is_not_sent(town: Town, holder: Holder, typed: str) -> None:
    assert refused(holder, town.offer(tx_code=True), typed).code == "tx_code_malformed"
    assert town.wire.seen == []


def test_a_missing_tx_code(town: Town, holder: Holder) -> None:
    made = replace(town.offer(tx_code=True), tx_code=None)
    assert refused(holder, made).code == "tx_code_needed"
    assert town.wire.seen == []


# ---- metadata, and issuers that mix them up (threat row C07)


def _other_issuer(document: dict[str, Any]) -> None:
    document["credential_issuer"] = "https://tonari.example/999989"


def _stolen_credential_endpoint(document: dict[str, Any]) -> None:
    document["credential_endpoint"] = "https://tonari.example/999989/credential"


def _stolen_nonce_endpoint(document: dict[str, Any]) -> None:
    document["nonce_endpoint"] = "https://tonari.example/999989/nonce"


def _other_server(document: dict[str, Any]) -> None:
    document["issuer"] = "https://tonari.example/999989"


def _stolen_token_endpoint(document: dict[str, Any]) -> None:
    document["token_endpoint"] = "https://tonari.example/999989/token"


@pytest.mark.parametrize(
    ("path", "change", "code"),
    [
        ("openid-credential-issuer/999997", _other_issuer, "issuer_mismatch"),
        ("openid-credential-issuer/999997", _stolen_credential_endpoint, "endpoint_elsewhere"),
        ("openid-credential-issuer/999997", _stolen_nonce_endpoint, "endpoint_elsewhere"),
        ("oauth-authorization-server/999997", _other_server, "issuer_mismatch"),
        ("oauth-authorization-server/999997", _stolen_token_endpoint, "endpoint_elsewhere"),
    ],
)
def test_mixed_metadata_is_refused_before_the_code_leaves(town: Town, holder: Holder, path: str, change: Change, code: str) -> None:
    made = town.offer()
    altered(town, path, change)
    assert refused(holder, made).code == code
    assert not any(request.method == "POST" for request in town.wire.seen)


def test_an_offer_cannot_name_a_server_that_the_issuer_does_not_know(town: Town, holder: Holder) -> None:
    made = town.offer()
    offer = parse_offer_link(made.link)
    assert isinstance(offer, CredentialOffer)
    made = replace(made, link=offer_link(replace(offer, authorization_server="https://tonari.example/999989")))
    assert refused(holder, made).code == "authorization_server_unknown"


def test_what_is_offered_must_be_described(town: Town, holder: Holder) -> None:
    made = town.offer(configurations=ONE)
    altered(town, "openid-credential-issuer/999997", lambda document: document["credential_configurations_supported"].pop(ONE[0]) and None)
    assert refused(holder, made).code == "configuration_unknown"


# ---- what is issued (threat row D21)


def replace_all(make: Callable[[Town, str], str], town: Town) -> Change:
    """Replace every credential by what ``make`` returns for it."""

    def change(document: dict[str, Any]) -> None:
        document["credentials"] = [{"credential": make(town, entry["credential"])} for entry in document["credentials"]]

    return change


def _foreign_key(town: Town, _credential: str) -> str:
    return town.world.sd_jwt()


def _flipped(_town: Town, credential: str) -> str:
    header, payload, rest = credential.split(".", 2)
    changed = b64url_decode(payload).replace(b"999997", b"999989")
    return f"{header}.{b64url_encode(changed)}.{rest}"


def _flipped_disclosure(_town: Town, credential: str) -> str:
    issuer_jwt, first, *rest = credential.split("~")
    salt, *others = parse_json(b64url_decode(first))
    flipped = ("A" if salt[0] != "A" else "B") + salt[1:]
    return "~".join([issuer_jwt, b64url_encode(dump_json([flipped, *others])), *rest])


def _cut(_town: Town, credential: str) -> str:
    return credential[: len(credential) // 2]


def _wrong_city(town: Town, _credential: str) -> str:
    return town.world.sd_jwt(town.world.tonari)


def _wrong_type(town: Town, _credential: str) -> str:
    return town.world.sd_jwt(kind=BASIC_FOUR)


def _expired(town: Town, _credential: str) -> str:
    return town.world.sd_jwt(payload={"exp": int(town.clock().timestamp()) - 3600})


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (_foreign_key, "holder_key_foreign"),
        (_flipped, "bad_signature"),
        (_flipped_disclosure, "unreferenced_disclosure"),
        (_cut, ""),
        (_wrong_city, ""),
        (_wrong_type, "type_not_accepted"),
        (_expired, "expired"),
    ],
)
def test_a_credential_that_is_not_what_was_asked_for_is_not_stored(
    town: Town, holder: Holder, make: Callable[[Town, str], str], code: str
) -> None:
    holder.encrypted = False
    made = town.offer(configurations=ONE)
    altered(town, "/credential", replace_all(make, town))
    found = refused(holder, made).code
    assert found == code or not code, found
    assert town.wire.paths()[-1] == "POST /999997/notification"
    assert json.loads(town.wire.seen[-1].content)["event"] == "credential_failure"


def test_one_bad_copy_of_the_last_type_discards_everything(town: Town, holder: Holder) -> None:
    holder.encrypted = False
    made = town.offer()

    def last(document: dict[str, Any]) -> None:
        # four answers come; only the last, an mdoc, is damaged, in the last of its copies
        count[0] += 1
        if count[0] == 4:
            text = document["credentials"][-1]["credential"]
            document["credentials"][-1]["credential"] = text[:-8] + ("A" if text[-8] != "A" else "B") + text[-7:]

    count = [0]
    altered(town, "/credential", last, times=4)
    refused(holder, made)
    assert count == [4]


def test_one_copy_too_few(town: Town, holder: Holder) -> None:
    holder.encrypted = False
    made = town.offer(configurations=ONE)
    altered(town, "/credential", lambda document: document["credentials"].pop() and None)
    assert refused(holder, made).code == "batch_incomplete"


def test_one_copy_twice(town: Town, holder: Holder) -> None:
    holder.encrypted = False
    made = town.offer(configurations=ONE)

    def change(document: dict[str, Any]) -> None:
        document["credentials"][1] = document["credentials"][0]

    altered(town, "/credential", change)
    assert refused(holder, made).code == "batch_incomplete"


def test_a_batch_in_reverse_order_is_taken(town: Town, holder: Holder) -> None:
    holder.encrypted = False
    made = town.offer(configurations=["resident-record-sd-jwt", "resident-record-mdoc"])
    altered(town, "/credential", lambda document: document["credentials"].reverse(), times=2)
    assert len(holder.accept(made).copies) == 6
    town.publish()
    town.wire.alter = None
    for purpose in ("plain", "card"):
        assert holder.show(town.ask(purpose)).accepted


def issue_instead(town: Town, *names: str, city: City | None = None) -> None:
    """Issue good copies for the keys just proven, by a city's own key, each about another name."""

    def alter(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        if not request.url.path.endswith("/credential"):
            return answer
        proofs = json.loads(request.content)["proofs"]["jwt"]
        keys = [key_from_jwk(parse_jws(proof, typ="openid4vci-proof+jwt").header["jwk"]) for proof in proofs]
        texts = [
            SdJwtRecipe(city or town.world.warifu, town.world.at, key, RESIDENT_RECORD, index, content={"name": name}).seal()
            for index, (key, name) in enumerate(zip(keys, names, strict=True))
        ]
        return httpx.Response(200, json={"credentials": [{"credential": text} for text in texts]})

    town.wire.alter = alter


def test_a_copy_that_says_something_else_than_the_others(town: Town, holder: Holder) -> None:
    holder.encrypted, holder.copies = False, 2
    made = town.offer(configurations=ONE)
    issue_instead(town, "割符花子", "割符華子")
    assert refused(holder, made).code == "batch_unlike"
    holder.copies = 3
    again = town.offer(configurations=ONE)
    issue_instead(town, "割符花子", "割符花子", "割符花子")
    assert len(holder.accept(again).copies) == 3


def test_a_credential_of_another_trusted_issuer(town: Town, holder: Holder) -> None:
    holder.encrypted, holder.copies = False, 2
    holder.anchors = Anchors([*town.world.anchors, town.world.registrar_anchor])
    made = town.offer(configurations=ONE)
    issue_instead(town, "割符花子", "割符花子", city=town.world.tonari)
    assert refused(holder, made).code == "issuer_mismatch"


def test_an_answer_in_clear_is_refused_where_encryption_was_asked_for(town: Town, holder: Holder) -> None:
    made = town.offer(configurations=ONE)
    town.wire.alter = _in_clear
    assert refused(holder, made).code == "response_not_encrypted"


def _in_clear(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
    return httpx.Response(200, json={"credentials": [{"credential": "x"}]}) if request.url.path.endswith("/credential") else answer
