"""Content written in both formats: exact code points, dates that may be unknown, and everything that is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from runtime.signers import MemorySigner
from schemas.credentials import AppliesTo, SpecialRequest, catalogue, check_special_request
from schemas.credentials.values import MAX_TEXT
from schemas.errors import WarifuError
from schemas.formats.mdoc import ValidityInfo, check_digests, parse_issuer_signed, seal_issuer_signed
from schemas.formats.sdjwt import parse_sd_jwt, resolve, seal_sd_jwt
from schemas.japan import JapaneseDate

CATALOGUE = catalogue("https://catalogue.example", "example.catalogue")
RECORD = CATALOGUE.by_name("resident-record")
CERTIFIED = {"certified_on": date(2026, 4, 1), "issuing_municipality.code": "999997", "issuing_municipality.name": "割符市"}
COMMON = "org.iso.23220.1"
SIGNER = MemorySigner(ec.derive_private_key(7, ec.SECP256R1()))


def content(**items: Any) -> dict[str, Any]:
    return {**CERTIFIED, **{name.replace("__", "."): value for name, value in items.items()}}


def test_only_what_is_given_is_attested() -> None:
    claims = RECORD.to_sd_jwt_claims(content(address__prefecture="架空県"))
    assert claims == {
        "certified_on": "2026-04-01",
        "issuing_municipality": {"code": "999997", "name": "割符市"},
        "address": {"prefecture": "架空県"},
    }
    assert RECORD.to_mdoc(content(address__prefecture="架空県")) == {
        RECORD.doctype: {
            "certified_on": date(2026, 4, 1),
            "issuing_municipality_code": "999997",
            "issuing_municipality_name": "割符市",
            "resident_prefecture": "架空県",
        },
        COMMON: {"issuing_authority_unicode": "割符市", "issuing_country": "JP"},
    }


@pytest.mark.parametrize("name", ["渡邉\U000e0102\u3000葛\U000e0100子", "\ufa19\u3000\uf9dc", "か\u3099", "𠮷田\u3000\U000323af"])
def test_names_keep_their_exact_code_points_in_both_formats(name: str) -> None:
    assert RECORD.to_sd_jwt_claims(content(name=name))["name"] == name
    assert RECORD.to_mdoc(content(name=name))[RECORD.doctype]["full_name_unicode"] == name


def test_sex_is_the_number_of_iso_5218_in_both_formats() -> None:
    assert RECORD.to_sd_jwt_claims(content(sex=2))["sex"] == 2
    assert RECORD.to_mdoc(content(sex=2))[COMMON]["sex"] == 2


@pytest.mark.parametrize(
    ("text", "sd_jwt", "mdoc"),
    [
        ("昭和30年5月3日", "1955-05-03", date(1955, 5, 3)),
        ("昭和30年 月日不詳", "1955-XX-XX", {"birth_date": date(1955, 1, 1), "approximate_mask": "00001111"}),
        ("昭和30年5月 日不詳", "1955-05-XX", {"birth_date": date(1955, 5, 1), "approximate_mask": "00000011"}),
        ("昭和30年頃", "1955~", {"birth_date": date(1900, 1, 1), "approximate_mask": "00111111"}),
        ("昭和30年2月29日", "1955-02-28/1955-03-01", {"birth_date": date(1955, 1, 1), "approximate_mask": "00001111"}),
        ("平成12年頃", "2000~", None),
        ("年月日不詳", "XXXX-XX-XX", None),
    ],
)
def test_birth_dates_keep_their_text_beside_a_machine_form(text: str, sd_jwt: str, mdoc: object) -> None:
    birth = JapaneseDate.parse(text)
    items = content(birthdate=birth.attested, birth_date_text=birth.text)
    claims = RECORD.to_sd_jwt_claims(items)
    assert (claims["birthdate"], claims["birth_date_text"]) == (sd_jwt, text)
    namespaces = RECORD.to_mdoc(items)
    assert namespaces[COMMON].get("birth_date") == mdoc
    assert namespaces[RECORD.doctype]["birth_date_text"] == text


def test_exact_days_may_come_as_dates_or_as_text() -> None:
    for day in (date(2015, 7, 6), "2015-07-06"):
        assert RECORD.to_sd_jwt_claims(content(notified_on=day, birthdate=day))["notified_on"] == "2015-07-06"
        assert RECORD.to_mdoc(content(notified_on=day, birthdate=day))[RECORD.doctype]["notified_on"] == date(2015, 7, 6)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("name", None),
        ("name", 5),
        ("name", b"x"),
        ("name", ["a"]),
        ("name", "x" * (MAX_TEXT + 1)),
        ("name", "山田\n太郎"),
        ("name", "山田\u200b太郎"),
        ("name", "山田\u202e太郎"),
        ("name", "山田\ue000"),
        ("name", "\ud842"),
        ("name", "\U000e0041"),
        ("name", "\ufffe"),
        ("sex", 3),
        ("sex", "2"),
        ("sex", True),
        ("sex", 2.0),
        ("age_over_18", 1),
        ("age_over_18", "yes"),
        ("notified_on", "2015-7-6"),
        ("notified_on", "20150706"),
        ("notified_on", "2015-W27-1"),
        ("notified_on", "2015-02-29"),
        ("notified_on", "2015-XX-XX"),
        ("notified_on", datetime(2015, 7, 6, tzinfo=UTC)),
        ("notified_on", 20150706),
        ("birthdate", datetime(2015, 7, 6, tzinfo=UTC)),
        ("birthdate", "昭和30年頃"),
        ("birthdate", 1955),
        ("address.country", "jp"),
        ("address.postal_code", "100-001"),
        ("address.postal_code", "１０００００１"),
        ("residence_class", "永住者"),
        ("holder_relation", "self"),
        ("issuing_municipality.code", "99999"),
        ("issuing_municipality.code", "999997\n"),
        ("certified_on", None),
    ],
)
def test_wrong_values_are_refused_by_name_and_without_the_value(name: str, value: object) -> None:
    for write in (RECORD.to_sd_jwt_claims, RECORD.to_mdoc):
        with pytest.raises(WarifuError) as caught:
            write({**CERTIFIED, name: value})
        assert caught.value.code in {"bad_claim_value", "bad_approximate_date"}
        assert caught.value.code == "bad_approximate_date" or name in caught.value.message
        assert not isinstance(value, str) or not value or value not in caught.value.message


@pytest.mark.parametrize(
    "name", ["individual_number", "resident_code", "address", "iss", "_sd", "cnf", "issuing_country", "address.planet", ""]
)
def test_unknown_claims_are_refused(name: str) -> None:
    for write in (RECORD.to_sd_jwt_claims, RECORD.to_mdoc):
        with pytest.raises(WarifuError) as caught:
            write({**CERTIFIED, name: "x"})
        assert caught.value.code == "unknown_claim"


def test_a_claim_of_one_type_is_unknown_to_another() -> None:
    with pytest.raises(WarifuError, match="unknown_claim"):
        CATALOGUE.by_name("basic-four").to_sd_jwt_claims(content(relationship="妻"))


@pytest.mark.parametrize("name", sorted(CERTIFIED))
def test_nothing_is_attested_without_who_certified_it_and_when(name: str) -> None:
    for write in (RECORD.to_sd_jwt_claims, RECORD.to_mdoc):
        with pytest.raises(WarifuError) as caught:
            write({key: value for key, value in CERTIFIED.items() if key != name} | {"sex": 1})
        assert caught.value.code == "claim_missing"


def test_items_that_were_not_specially_requested_are_refused() -> None:
    full = RECORD.sample()
    asked = {SpecialRequest.HOUSEHOLDER, SpecialRequest.REGISTERED_DOMICILE}
    check_special_request(RECORD, full, requested=asked)
    for left_out in asked:
        with pytest.raises(WarifuError) as caught:
            check_special_request(RECORD, full, requested=asked - {left_out})
        assert caught.value.code == "not_specially_requested"
        assert left_out in caught.value.message
    with pytest.raises(WarifuError, match="not_specially_requested"):
        check_special_request(RECORD, RECORD.sample(AppliesTo.FOREIGN), requested=asked)
    check_special_request(RECORD, CERTIFIED, requested=())


@given(st.sets(st.sampled_from(sorted(RECORD.sample().keys() - CERTIFIED.keys()))), st.sampled_from(list(AppliesTo)))
def test_the_number_of_digests_tells_nothing_about_the_person(names: set[str], who: AppliesTo) -> None:
    sample = RECORD.sample(who)
    items = {**CERTIFIED, **{name: sample[name] for name in names if name in sample}}
    salts = (f"{number:022}" for number in count())
    claims = {"vct": RECORD.vct, **RECORD.to_sd_jwt_claims(items)}
    sealed = seal_sd_jwt(
        claims, disclosable=RECORD.disclosable, digest_counts=RECORD.digest_counts_sd_jwt, salts=salts, header={}, signer=SIGNER
    )
    parsed = parse_sd_jwt(sealed)
    assert len(parsed.payload["_sd"]) == RECORD.digest_counts_sd_jwt[()]
    assert set(parsed.payload) == {"vct", "certified_on", "issuing_municipality", "_sd", "_sd_alg"}
    addresses = [one.value for one in parsed.disclosures if one.name == "address"]
    assert all(len(address["_sd"]) == 8 and set(address) == {"_sd"} for address in addresses)
    assert {key: value for key, value in resolve(parsed.payload, parsed.disclosures).items() if key != "_sd_alg"} == claims


@given(st.sets(st.sampled_from(sorted(RECORD.sample().keys() - CERTIFIED.keys()))), st.sampled_from(list(AppliesTo)), st.booleans())
def test_the_mdoc_comes_back_as_it_was_written_and_its_digests_tell_nothing(names: set[str], who: AppliesTo, unknown: bool) -> None:
    sample = RECORD.sample(who) | ({"birthdate": "1955-05-XX"} if unknown else {})
    namespaces = RECORD.to_mdoc({**CERTIFIED, **{name: sample[name] for name in names if name in sample}})
    start = datetime(2026, 4, 1, tzinfo=UTC)
    sealed = seal_issuer_signed(
        RECORD.doctype,
        namespaces,
        device_key=SIGNER.public_key,
        validity=ValidityInfo(signed=start, valid_from=start, valid_until=start + timedelta(days=14)),
        status=None,
        randoms=(number.to_bytes(32) for number in count(1)),
        digest_counts=RECORD.digest_counts_mdoc,
        signer=SIGNER,
        chain_der=[b"certificate"],
    )
    parsed = parse_issuer_signed(sealed)
    assert {namespace: len(digests) for namespace, digests in parsed.mso.value_digests.items()} == RECORD.digest_counts_mdoc
    assert check_digests(parsed) == {namespace: elements for namespace, elements in namespaces.items() if elements}
