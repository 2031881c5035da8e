"""Era dates, overlap days, days outside the calendar, the 14 unknown forms, and what is derived from them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import WarifuError
from schemas.japan import JapaneseDate, age_over, next_age_change, next_birthday
from schemas.japan.ages import anniversary, japan_day
from schemas.japan.approximate import UNKNOWN, exact_day, mask_of, masked_day, window_of
from schemas.japan.dates import DateForm, format_era, format_western
from schemas.japan.eras import ERAS, Era, era_of

modern_days = st.dates(date(1873, 1, 1), date(2100, 12, 31))
instants = st.datetimes(datetime(1950, 1, 1), datetime(2080, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001

UNKNOWN_FORMS = {
    "昭和30年頃": (DateForm.ABOUT_YEAR, "1955~", "00111111"),
    "昭和30年5月頃": (DateForm.ABOUT_MONTH, "1955-05~", "00011111"),
    "昭和30年5月10日頃": (DateForm.ABOUT_DAY, "1955-05-10~", "00001111"),
    "推定昭和30年5月10日": (DateForm.ESTIMATED_DAY, "1955-05-10?", "00001111"),
    "推定昭和30年5月": (DateForm.ESTIMATED_MONTH, "1955-05?", "00011111"),
    "昭和30年春": (DateForm.SEASON, "1955-21", "00001111"),
    "昭和30年5月上旬": (DateForm.THIRD_OF_MONTH, "1955-05-01/1955-05-10", "00000011"),
    "昭和30年5月中旬頃": (DateForm.ABOUT_THIRD_OF_MONTH, "1955-05-11~/1955-05-20~", "00001111"),
    "年月日不詳": (DateForm.UNKNOWN, UNKNOWN, "11111111"),
    "昭和30年 月日不詳": (DateForm.UNKNOWN_MONTH_AND_DAY, "1955-XX-XX", "00001111"),
    "昭和30年5月 日不詳": (DateForm.UNKNOWN_DAY, "1955-05-XX", "00000011"),
    "昭和30年5月3日から10日頃までの間": (DateForm.BETWEEN, "1955-05-03/1955-05-10~", "00001111"),
    "推定昭和30年5月3日から10日までの間": (DateForm.ESTIMATED_BETWEEN, "1955-05-03?/1955-05-10?", "00001111"),
    "昭和30年5月3日頃から10日頃までの間": (DateForm.ABOUT_BETWEEN, "1955-05-03~/1955-05-10~", "00001111"),
}


@given(modern_days)
def test_every_modern_day_survives_its_era_text(day: date) -> None:
    written = JapaneseDate.of(day)
    assert written.iso == day.isoformat() == written.edtf
    assert (written.text, written.internal, written.attested, written.approximate_mask) == (format_era(day), day, day, None)
    assert JapaneseDate.parse(written.text) == written
    western = JapaneseDate.of(day, western=True)
    assert (western.era, western.text, western.iso) == (None, format_western(day), day.isoformat())


@given(modern_days)
def test_abbreviated_and_iso_forms_name_the_same_day(day: date) -> None:
    era = era_of(day)
    abbreviated = f"{era.letter}{day.year - era.first.year + 1}.{day.month}.{day.day}"
    assert JapaneseDate.parse(abbreviated).iso == JapaneseDate.parse(day.isoformat()).iso == day.isoformat()


@pytest.mark.parametrize(
    ("older", "newer", "iso"),
    [
        ("明治45年7月30日", "大正元年7月30日", "1912-07-30"),
        ("大正15年12月25日", "昭和元年12月25日", "1926-12-25"),
        ("平成31年5月1日", "令和元年5月1日", "2019-05-01"),
    ],
)
def test_overlap_days_keep_the_name_they_were_written_with(older: str, newer: str, iso: str) -> None:
    first, second = JapaneseDate.parse(older), JapaneseDate.parse(newer)
    assert first.iso == second.iso == iso
    assert (first.text, second.text) == (older, newer)
    assert first.era != second.era
    assert format_era(date.fromisoformat(iso)) == newer


@pytest.mark.parametrize(
    "text",
    [
        "昭和64年1月8日",
        "昭和元年12月24日",
        "大正15年12月26日",
        "平成31年5月2日",
        "平成32年1月1日",
        "令和元年4月30日",
        "平成元年1月7日",
        "昭和65年頃",
    ],
)
def test_dates_outside_their_era_are_refused(text: str) -> None:
    with pytest.raises(WarifuError) as caught:
        JapaneseDate.parse(text)
    assert caught.value.code == "date_outside_era"
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "昭和",
        "昭和30年",
        "昭和30年5月",
        "昭和30年13月1日",
        "昭和30年4月31日",
        "昭和30年0月1日",
        "昭和0年1月1日",
        "昭和30年5月0日",
        "30年5月1日",
        "1955-02-29",
        "1955-5-3",
        "1955-05-03T00:00",
        "昭和30年5月3日 ",
        "昭和30年5月10日から3日頃までの間",
        "昭和30年5月から3日頃までの間",
        "昭和30年5月3日から6月31日頃までの間",
        "推定昭和30年頃",
        "昭和30年5月春",
        "昭和30年日不詳",
        "昭和30年5月月日不詳",
        "推定昭和30年2月29日",
        "X30.5.3",
        "昭和三十年五月三日",
        "不詳",
    ],
)
def test_other_texts_are_refused_with_a_typed_error(text: str) -> None:
    if text.endswith(" "):
        assert JapaneseDate.parse(text).text == text
        return
    with pytest.raises(WarifuError) as caught:
        JapaneseDate.parse(text)
    assert caught.value.code in {"bad_date", "unknown_era"}


@given(st.text(alphabet="昭和平成令元年月日頃春上中旬推定不詳からまでの間0123456789 -./SHR", max_size=24))
def test_no_text_escapes_the_typed_errors(text: str) -> None:
    try:
        parsed = JapaneseDate.parse(text)
    except WarifuError:
        return
    assert parsed.text == text
    assert (parsed.iso is None) == (parsed.approximate_mask is not None)
    assert window_of(parsed.edtf) == parsed.window


def test_february_29_of_a_common_year_stays_as_text_without_a_calendar_day() -> None:
    written = JapaneseDate.parse("昭和30年2月29日")
    assert (written.form, written.iso, written.text) == (DateForm.NON_CALENDAR, None, "昭和30年2月29日")
    assert written.window == (date(1955, 2, 28), date(1955, 3, 1))
    assert JapaneseDate.parse("昭和31年2月29日").iso == "1956-02-29"


def test_the_lunisolar_years_keep_their_text_and_yield_no_day() -> None:
    written = JapaneseDate.parse("明治5年12月2日")
    assert (written.form, written.iso) == (DateForm.NON_CALENDAR, None)
    assert written.window is not None
    assert written.window[0] <= date(1872, 12, 31) <= written.window[1]
    assert JapaneseDate.parse("明治6年1月1日").iso == "1873-01-01"


@pytest.mark.parametrize(("text", "expected"), UNKNOWN_FORMS.items(), ids=[form.name for form, _, _ in UNKNOWN_FORMS.values()])
def test_the_fourteen_unknown_forms(text: str, expected: tuple[DateForm, str, str]) -> None:
    written = JapaneseDate.parse(text)
    assert (written.form, written.edtf, written.approximate_mask) == expected
    assert (written.iso, written.text, written.attested) == (None, text, written.edtf)
    assert JapaneseDate.parse(text, internal=date(1955, 5, 5)).internal == date(1955, 5, 5)
    assert exact_day(written.edtf) is None
    if written.window is not None:
        assert written.window[0] <= written.internal <= written.window[1]


def test_there_are_fourteen_forms_besides_the_exact_and_the_impossible() -> None:
    assert {form for form, _, _ in UNKNOWN_FORMS.values()} == set(DateForm) - {DateForm.EXACT, DateForm.NON_CALENDAR}


def test_unknown_forms_may_be_western_and_full_width() -> None:
    assert JapaneseDate.parse("1955年5月頃").edtf == "1955-05~"
    written = JapaneseDate.parse("昭和３０年　月日不詳")
    assert (written.edtf, written.text) == ("1955-XX-XX", "昭和３０年　月日不詳")


def test_a_new_era_is_a_row_of_data() -> None:
    eras = (
        *ERAS[:-1],
        Era("令和", "R", "Reiwa", date(2019, 5, 1), date(2030, 4, 1)),
        Era("元光", "G", "Genko", date(2030, 4, 1), date.max),
    )
    assert JapaneseDate.parse("元光元年4月1日", eras=eras).iso == "2030-04-01"
    assert JapaneseDate.of(date(2031, 1, 1), eras=eras).text == "元光2年1月1日"
    with pytest.raises(WarifuError, match="unknown_era"):
        JapaneseDate.parse("元光元年4月1日")


@pytest.mark.parametrize("text", [text for text in UNKNOWN_FORMS if text != "年月日不詳"])
def test_every_day_left_open_agrees_with_the_certain_digits(text: str) -> None:
    written = JapaneseDate.parse(text)
    window, mask = written.window, written.approximate_mask
    assert window is not None
    assert mask is not None
    shown = masked_day(window)
    assert shown is not None
    for ordinal in range(window[0].toordinal(), window[1].toordinal() + 1):
        digits = date.fromordinal(ordinal).strftime("%Y%m%d")
        assert all(flag == "1" or digit == certain for digit, certain, flag in zip(digits, shown.strftime("%Y%m%d"), mask, strict=True))


def test_no_day_is_invented_where_nothing_is_certain() -> None:
    assert masked_day(None) is None
    about_2000 = window_of("2000~")
    assert mask_of(about_2000) == "11111111"
    assert masked_day(about_2000) is None


@pytest.mark.parametrize(
    "text",
    ["", "1955-13-01", "1955-02-30", "195X-XX-XX", "1955-XX-05", "1955-05-10/1955-05-03", "1955-05-03/x", "0000-01-01", "1955-05-03Z"],
)
def test_approximate_texts_outside_the_subset_are_refused(text: str) -> None:
    with pytest.raises(WarifuError, match="bad_approximate_date"):
        window_of(text)
    with pytest.raises(WarifuError, match="bad_approximate_date"):
        exact_day(text)


@given(modern_days, st.integers(0, 120), instants)
def test_an_exact_birth_date_always_answers(born: date, years: int, at: datetime) -> None:
    today = japan_day(at)
    completed = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    assert age_over(JapaneseDate.of(born), years, at) is (completed >= years)


def test_the_day_is_japans() -> None:
    born = JapaneseDate.parse("2008-04-01")
    assert age_over(born, 18, datetime(2026, 3, 31, 14, 59, tzinfo=UTC)) is False
    assert age_over(born, 18, datetime(2026, 3, 31, 15, 0, tzinfo=UTC)) is True
    with pytest.raises(WarifuError, match="naive_time"):
        age_over(born, 18, datetime(2026, 4, 1))  # noqa: DTZ001


def test_a_child_of_february_29_is_older_on_march_1() -> None:
    born = JapaneseDate.parse("2008-02-29")
    assert age_over(born, 18, datetime(2026, 2, 28, 14, 59, tzinfo=UTC)) is False
    assert age_over(born, 18, datetime(2026, 2, 28, 15, 0, tzinfo=UTC)) is True
    assert anniversary(date(2008, 2, 29), 20) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("平成20年 月日不詳", None),
        ("平成19年 月日不詳", True),
        ("平成21年 月日不詳", False),
        ("平成20年4月 日不詳", True),
        ("平成20年5月 日不詳", None),
        ("平成20年頃", None),
        ("昭和30年頃", True),
        ("年月日不詳", None),
    ],
)
def test_an_age_is_never_derived_where_the_mask_leaves_it_open(text: str, expected: bool | None) -> None:
    assert age_over(JapaneseDate.parse(text), 18, datetime(2026, 5, 1, tzinfo=UTC)) is expected


@given(st.sampled_from([*UNKNOWN_FORMS, "昭和30年5月3日"]), st.integers(0, 100), instants)
def test_an_answer_holds_for_every_day_left_open(text: str, years: int, at: datetime) -> None:
    birth = JapaneseDate.parse(text)
    answer = age_over(birth, years, at)
    if birth.window is None:
        assert answer is None
        return
    ends = {age_over(JapaneseDate.of(day), years, at) for day in birth.window}
    assert (ends == {answer}) if answer is not None else (ends == {True, False})


@given(st.sampled_from([*UNKNOWN_FORMS, "昭和30年5月3日"]), instants)
def test_answers_stand_until_the_next_change(text: str, at: datetime) -> None:
    birth, thresholds = JapaneseDate.parse(text), (15, 18, 20, 65)
    change = next_age_change(birth, thresholds, at)
    now = [age_over(birth, years, at) for years in thresholds]
    last = datetime.combine(change or date(2150, 1, 1), datetime.min.time(), tzinfo=UTC).timestamp() - 9 * 3600
    before, on = (datetime.fromtimestamp(last + shift, tz=UTC) for shift in (-1, 0))
    assert [age_over(birth, years, before) for years in thresholds] == now
    assert change is None or [age_over(birth, years, on) for years in thresholds] != now


def test_the_next_birthday() -> None:
    at = datetime(2026, 5, 3, tzinfo=UTC)
    assert next_birthday(JapaneseDate.parse("2000-05-03"), at) == date(2027, 5, 3)
    assert next_birthday(JapaneseDate.parse("2000-05-04"), at) == date(2026, 5, 4)
    assert next_birthday(JapaneseDate.parse("2000-02-29"), at) == date(2027, 3, 1)
    assert next_birthday(JapaneseDate.parse("平成12年 月日不詳"), at) is None


def test_days_without_an_era_are_not_formatted() -> None:
    for day in (date(1867, 1, 1), date(1872, 12, 31)):
        with pytest.raises(WarifuError):
            format_era(day)
    with pytest.raises(WarifuError, match="unknown_era"):
        era_of(date(1800, 1, 1))
