"""Search: variants of writing make no difference, results are bounded, struck records stay apart."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from issuer.municipality.register.search import search
from runtime.store import read
from schemas.errors import WarifuError
from tests.issuer.municipality.register.registers import apply


def _ids(engine: sa.Engine, text: str, **options: object) -> list[str]:
    with read(engine) as connection:
        return [one.record.resident_id for one in search(connection, text, **options).people]


@pytest.mark.parametrize(
    ("text", "resident_id"),
    [
        ("渡辺", "P-01"),
        ("渡邊", "P-01"),
        ("渡邉\U000e0107\u3000\ufa19太郎", "P-01"),
        ("わたなべ", "P-01"),
        ("ﾜﾀﾅﾍﾞ ｼﾞﾝ", "P-01"),
        ("ワタナヘシン", "P-01"),
        ("ジンタロウ", "P-01"),
        ("tran thi", "P-02"),
        ("ＴＲＡＮ", "P-02"),
        ("田中", "P-02"),
        ("たなか　まい", "P-02"),
        ("鈴木明美", "P-03"),
        ("サトウ アケミ", "P-03"),
        ("P-07", "P-07"),
    ],
)
def test_a_person_is_found_by_any_writing_of_any_name(register: sa.Engine, text: str, resident_id: str) -> None:
    assert resident_id in _ids(register, text)


@pytest.mark.parametrize("text", ["邉", "太郎", "%", "_", "存在しない", "' OR 1=1 --"])
def test_only_the_beginning_counts_and_no_character_is_a_wildcard(register: sa.Engine, text: str) -> None:
    assert _ids(register, text) == []


def test_results_are_bounded(register: sa.Engine) -> None:
    with read(register) as connection:
        found = search(connection, "長谷川", limit=2)
    assert ([one.record.resident_id for one in found.people], found.more) == (["P-10", "P-10-2"], True)
    assert all(one.record.individual_number is None for one in found.people)


def test_the_last_result_of_a_full_page_has_nothing_after_it(register: sa.Engine) -> None:
    with read(register) as connection:
        found = search(connection, "長谷川", limit=6)
    assert (len(found.people), found.more) == (6, False)


@pytest.mark.parametrize(
    ("text", "limit", "code"),
    [("", 5, "search_too_wide"), ("ー　", 5, "search_too_wide"), ("a", 0, "limit_invalid"), ("a", 201, "limit_invalid")],
)
def test_a_search_without_letters_or_limits_is_refused(register: sa.Engine, text: str, limit: int, code: str) -> None:
    with pytest.raises(WarifuError) as refused:
        _ids(register, text, limit=limit)
    assert refused.value.code == code


def test_struck_records_are_found_on_request(register: sa.Engine) -> None:
    apply(register, type="death", resident="P-05")
    assert _ids(register, "小林") == []
    assert _ids(register, "小林", struck=True) == ["P-05"]


def test_a_new_name_replaces_the_old_key(register: sa.Engine) -> None:
    apply(register, type="name-change", resident="P-05", items={"family_name": "大林", "family_name_kana": "オオバヤシ"})
    assert _ids(register, "小林") == []
    assert _ids(register, "おおばやし") == ["P-05"]
