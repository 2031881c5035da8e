"""From a register entry to an accepted presentation, over every format and response mode, with every part real."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flows.holder import Holder
from tests.flows.town import ALL, Town

NAME = "渡邉\U000e0107\u3000\ufa19太郎"


def claims_of(result: dict[str, Any], identifier: str) -> dict[str, Any]:
    assert result["outcome"] == "accepted", result
    claims: dict[str, Any] = result["results"][identifier][0]["claims"]
    return claims


@pytest.mark.parametrize("encrypted", [True, False])
def test_an_offer_brings_every_type_in_both_formats_with_one_key_for_the_ith_copies(town: Town, holder: Holder, encrypted: bool) -> None:
    holder.encrypted = encrypted
    received = holder.accept(town.offer(tx_code=True))
    assert len(received.copies) == 12
    assert {copy.configuration_id for copy in received.copies} == set(ALL)
    assert len(holder.content.keys) == 3
    for thumbprint in holder.content.keys:
        assert {copy.configuration_id for copy in received.copies if copy.holder_key == thumbprint} == set(ALL)
    assert {copy.municipality for copy in received.copies} == {"999997"}
    assert all(copy.credential not in str(request.content) for request in town.wire.seen for copy in received.copies)


@pytest.mark.parametrize(
    ("purpose", "identifier"), [("plain", "record"), ("clear", "record"), ("card", "card"), ("clear-card", "card"), ("bare", "record")]
)
def test_both_formats_are_accepted_in_both_response_modes(town: Town, holder: Holder, purpose: str, identifier: str) -> None:
    holder.accept(town.offer())
    town.publish()
    request = town.ask(purpose)
    assert holder.show(request).accepted
    claims = claims_of(town.result(request), identifier)
    if identifier == "card":
        assert claims["example.catalogue.resident_record.1"]["full_name_unicode"] == NAME
        assert claims["example.catalogue.resident_record.1"]["issuing_municipality_name"] == "割符市"
        assert claims["org.iso.23220.1"].keys() == {"birth_date"}
    else:
        assert claims["issuing_municipality"] == {"code": "999997", "name": "割符市"}
        assert claims.get("name") == (None if purpose == "bare" else NAME)


def test_two_credentials_in_one_answer_are_bound_to_one_key(town: Town, holder: Holder) -> None:
    holder.accept(town.offer())
    town.publish()
    holder.show(town.ask("plain"))  # the first key is used up
    request = town.ask("two")
    asked = holder.read(request)
    consent = holder.consent(asked)
    assert len({one.copy.holder_key for one in consent.leaving}) == 1
    assert holder.answer(asked, consent).accepted
    assert town.result(request)["outcome"] == "accepted"


def test_the_first_option_that_can_be_met_is_taken(town: Town, holder: Holder) -> None:
    holder.accept(town.offer(configurations=["resident-record-sd-jwt"]))
    town.publish()
    request = town.ask("either")
    assert holder.show(request).accepted
    assert town.result(request)["results"].keys() == {"record"}


def test_no_key_serves_two_presentations(town: Town, holder: Holder) -> None:
    holder.copies = 2
    holder.accept(town.offer())
    town.publish()
    used = []
    for purpose in ("plain", "card"):
        asked = holder.read(town.ask(purpose))
        consent = holder.consent(asked)
        used += [one.copy.holder_key for one in consent.leaving]
        assert holder.answer(asked, consent).accepted
    assert len(set(used)) == 2


def test_a_holder_may_leave_out_what_was_asked_and_the_verifier_then_refuses(town: Town, holder: Holder) -> None:
    holder.accept(town.offer())
    town.publish()
    request = town.ask()
    assert not holder.show(request, disclose=["name"]).accepted
    assert town.result(request)["code"] == "answer_claim_missing"


def test_a_same_device_answer_leads_the_browser_back(town: Town, holder: Holder) -> None:
    holder.accept(town.offer())
    town.publish()
    answered = holder.show(town.ask(flow="same-device"))
    assert answered.redirect_uri is not None
    assert answered.redirect_uri.startswith("https://verifier.example/openid4vp/return?response_code=")


def test_values_are_matched(town: Town, holder: Holder) -> None:
    holder.accept(town.offer())
    town.publish()
    request = town.ask("adult")
    assert holder.show(request).accepted
    assert claims_of(town.result(request), "record")["age_over_18"] is True


def test_refreshed_copies_replace_the_old_ones(town: Town, holder: Holder) -> None:
    old = {copy.copy_id for copy in holder.accept(town.offer()).copies}
    holder.show(town.ask("plain"))
    token = next(iter(holder.content.grants.values())).refresh_token
    fresh = holder.refresh()
    assert holder.content.copies.keys() == {copy.copy_id for copy in fresh.copies}
    assert not old & holder.content.copies.keys()
    assert len(holder.content.keys) == 3
    assert all(holder.content.is_fresh(copy, town.clock()) for copy in holder.content.copies.values())
    assert next(iter(holder.content.grants.values())).refresh_token not in (None, token)
