"""The two credential types: names, places, what the law releases only on request, what is always open."""

from __future__ import annotations

from collections import Counter

import pytest

from schemas.credentials import AppliesTo, Catalogue, CredentialType, Release, SpecialRequest, catalogue, sex_code
from schemas.errors import WarifuError
from schemas.japan.ages import anniversary
from schemas.japan.relationships import check_relationship

CATALOGUE = catalogue("https://catalogue.example", "example.catalogue")
TYPES = pytest.mark.parametrize("kind", CATALOGUE.types, ids=[kind.name for kind in CATALOGUE.types])


def test_the_fixed_names() -> None:
    names = {kind.name: (kind.vct, kind.doctype) for kind in CATALOGUE.types}
    assert names == {
        "resident-record": ("https://catalogue.example/resident-record/1", "example.catalogue.resident_record.1"),
        "basic-four": ("https://catalogue.example/basic-four/1", "example.catalogue.basic_four.1"),
    }


def test_base_and_prefix_are_settings() -> None:
    other = catalogue("https://types.city.example/vct/", "example.city").by_name("basic-four")
    assert (other.vct, other.doctype) == ("https://types.city.example/vct/basic-four/1", "example.city.basic_four.1")
    assert "example.city.basic_four.1" in other.digest_counts_mdoc


@TYPES
def test_a_type_is_found_by_each_of_its_names(kind: CredentialType) -> None:
    assert CATALOGUE.by_name(kind.name) is CATALOGUE.by_vct(kind.vct) is CATALOGUE.by_doctype(kind.doctype) is kind
    assert CATALOGUE.find("mso_mdoc", kind.doctype) is CATALOGUE.find("dc+sd-jwt", kind.vct) is kind
    assert CATALOGUE.find("mso_mdoc", kind.vct) is None


@pytest.mark.parametrize("lookup", [Catalogue.by_name, Catalogue.by_vct, Catalogue.by_doctype])
def test_foreign_types_are_unknown(lookup: object) -> None:
    assert callable(lookup)
    for name in ("", "https://catalogue.example/resident-record/2", "https://catalogue.example/resident-record/1/", "resident_record"):
        with pytest.raises(WarifuError, match="unknown_credential_type"):
            lookup(CATALOGUE, name)


@TYPES
def test_places_are_unique_in_both_formats(kind: CredentialType) -> None:
    assert max(Counter(claim.name for claim in kind.claims).values()) == 1
    assert max(Counter(place for claim in kind.claims for place in kind.places(claim)).values()) == 1
    for claim in kind.claims:
        assert kind.places(claim), claim.name


@TYPES
def test_every_claim_is_shown_in_both_languages(kind: CredentialType) -> None:
    for claim in kind.claims:
        for text in (claim.label, claim.description, *claim.choices.values()):
            assert text.ja
            assert text.en
            assert text.en.isascii() or "ō" in text.en or "ū" in text.en
    for locale in ("ja", "en", "ja-JP", "en-GB"):
        assert set(kind.display(locale)) == {"name", "description"}
    assert kind.display("ja-JP") == kind.display("ja") != kind.display("fr") == kind.display("en")
    assert "住民基本台帳法第12条の住民票の写しではありません" in kind.display("ja")["description"]


@TYPES
def test_what_is_always_open(kind: CredentialType) -> None:
    assert kind.always == {("certified_on",), ("issuing_municipality", "code"), ("issuing_municipality", "name"), ("holder_relation",)}
    assert kind.always_elements == {
        (kind.doctype, name) for name in ("certified_on", "issuing_municipality_code", "issuing_municipality_name", "holder_relation")
    }
    assert not kind.always & kind.disclosable
    assert kind.mandatory == {"certified_on", "issuing_municipality.code", "issuing_municipality.name"}


@TYPES
def test_everything_else_is_disclosed_one_by_one(kind: CredentialType) -> None:
    selective = {claim.path for claim in kind.sd_jwt_claims if claim.release is Release.SELECTIVE}
    assert kind.disclosable == selective | {("address",)}
    assert kind.digest_counts_sd_jwt[()] == sum(len(path) == 1 for path in kind.disclosable)
    assert kind.digest_counts_sd_jwt[("address",)] == 8
    assert sum(kind.digest_counts_mdoc.values()) == sum(len(claim.elements) for claim in kind.claims)


def test_what_the_law_releases_only_on_special_request() -> None:
    groups: dict[SpecialRequest | None, set[str]] = {}
    for claim in CATALOGUE.by_name("resident-record").claims:
        groups.setdefault(claim.special_request, set()).add(claim.name)
    assert groups[SpecialRequest.HOUSEHOLDER] == {"householder_name", "relationship"}
    assert groups[SpecialRequest.REGISTERED_DOMICILE] == {"registered_domicile", "head_of_register"}
    assert groups[SpecialRequest.RESIDENCE_STATUS] == {
        "nationality",
        "residence_class",
        "residence_status",
        "period_of_stay",
        "stay_expires_on",
    }
    assert len(groups) == 4


def test_the_basic_four_items_hold_nothing_else() -> None:
    kind = CATALOGUE.by_name("basic-four")
    kinds_of_item = {claim.path[0] for claim in kind.claims}
    assert kinds_of_item == {
        *("name", "family_name", "given_name", "name_latin", "name_kana", "family_name_kana", "given_name_kana"),
        *("former_family_name", "former_family_name_kana", "tsusho", "birthdate", "birth_date_text", "sex", "address"),
        *("certified_on", "issuing_municipality", "holder_relation", "issuing_country"),
    }
    assert all(claim.special_request is None for claim in kind.claims)


@TYPES
def test_no_type_has_a_place_for_a_number_of_the_person(kind: CredentialType) -> None:
    for claim in kind.claims:
        for word in ("number", "resident_code", "juminhyo", "mynumber", "serial", "document"):
            assert word not in claim.name
            assert all(word not in element for _, element in kind.places(claim))


@TYPES
def test_every_claim_has_a_sample_for_whom_it_applies_to(kind: CredentialType) -> None:
    japanese, foreign = kind.sample(), kind.sample(AppliesTo.FOREIGN)
    for claim in kind.by_name.values():
        if claim.name == "holder_relation":
            continue
        assert claim.name in japanese or claim.name in foreign
        assert claim.applies_to is not AppliesTo.FOREIGN or claim.name not in japanese
        assert claim.applies_to is not AppliesTo.JAPANESE or claim.name not in foreign


def test_samples_hold_a_variation_sequence_and_a_valid_relationship() -> None:
    sample = CATALOGUE.by_name("resident-record").sample()
    assert "\U000e0102" in sample["name"]
    assert f"{sample['family_name']}\u3000{sample['given_name']}" == sample["name"]
    check_relationship(sample["relationship"])
    assert sample["address.formatted"].startswith(sample["address.prefecture"] + sample["address.municipality"] + sample["address.town"])


def test_labels_are_found_by_place_in_either_format() -> None:
    kind = CATALOGUE.by_name("resident-record")
    assert kind.label("dc+sd-jwt", ("address", "prefecture"), "ja") == "都道府県"
    assert kind.label("dc+sd-jwt", ("address",), "en") == "Address"
    assert kind.label("mso_mdoc", ("org.iso.23220.1", "birth_date"), "ja") == "生年月日"
    assert kind.label("mso_mdoc", (kind.doctype, "relationship"), "en") == "Relationship to the householder"
    for path in ((), ("nickname",), ("address", "planet"), ("address", 0), ("address", None)):
        assert kind.label("dc+sd-jwt", path, "ja") is None
        assert kind.label("mso_mdoc", path, "ja") is None


def test_claims_are_found_by_place() -> None:
    kind = CATALOGUE.by_name("resident-record")
    assert kind.claim(("address", "building")) is kind.claim_of_element(kind.doctype, "resident_building")
    for path in (("address",), ("issuing_country",), ("individual_number",)):
        with pytest.raises(WarifuError, match="unknown_claim"):
            kind.claim(path)
    with pytest.raises(WarifuError, match="unknown_claim"):
        kind.claim_of_element("org.iso.18013.5.1", "family_name")


def test_values_are_shown_to_people() -> None:
    kind = CATALOGUE.by_name("resident-record")
    assert kind.claim(("sex",)).show(2, "ja") == "女"
    assert kind.claim(("sex",)).show(7, "en") == "7"
    assert kind.claim(("age_over_18",)).show(True, "ja") == "はい"
    assert kind.claim(("residence_class",)).show("特別永住者", "en") == "special permanent resident"
    mdoc = kind.to_mdoc({**kind.sample(), "birthdate": "1955-XX-XX"})["org.iso.23220.1"]["birth_date"]
    assert kind.claim(("birthdate",)).show(mdoc, "ja") == "1955-01-01 (00001111)"
    assert kind.claim(("certified_on",)).show(anniversary(mdoc["birth_date"], 71), "en") == "2026-01-01"


def test_sex_codes() -> None:
    assert [sex_code(word) for word in ("男", "女", "male", "female", "", "不詳")] == [1, 2, 1, 2, 0, 0]
