"""`warifu-issuer residents` from outside: what is printed where, which exit code, and that nothing is half done."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer

from issuer.cli.application import app
from runtime import console

Run = Callable[..., tuple[int, str, str]]
SCHEMAS = Path(__file__).parents[3] / "docs" / "schemas"


@pytest.fixture
def home(tmp_path: Path, store_url: str) -> Path:
    """The home of an inner side, as its init would write it."""
    folder = tmp_path / "home"
    folder.mkdir()
    lines = {
        "municipality_code": "999997",
        "municipality_name": "割符市",
        "issuer": "https://localhost:8443/999997",
        "front_url": "https://localhost:8444",
        "store_url": store_url,
    }
    (folder / "config.toml").write_text("\n".join(f'{key} = "{value}"' for key, value in lines.items()), "utf-8")
    return folder


@pytest.fixture
def run(home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command of the group and return exit code, stdout and stderr."""
    monkeypatch.setenv("WARIFU_LANG", "en")
    monkeypatch.setenv("COLUMNS", "100")

    def _run(name: str, *arguments: str) -> tuple[int, str, str]:
        args = ["residents", name, "--home", str(home), *arguments]
        command = typer.main.get_command(app)
        code = console.outcome(lambda: command.main(args=args, prog_name="warifu-issuer", standalone_mode=False), "warifu-issuer")
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return _run


def _json(result: tuple[int, str, str], definition: str) -> Any:
    content = json.loads(result[1])
    schema = json.loads((SCHEMAS / "residents.schema.json").read_text("utf-8"))
    jsonschema.validate(content, schema | {"$ref": f"#/$defs/{definition}"})
    return content


def test_a_city_is_generated_searched_and_shown(run: Run) -> None:
    assert run("generate", "--households", "20", "--seed", "5")[0] == 0
    code, out, _ = run("search", "わたなべ")
    assert (code, "P-01" in out) == (0, True)
    assert max(map(len, out.splitlines())) <= 100
    code, out, _ = run("show", "P-09")
    assert (code, "伊藤" in out, "support_state" in out) == (0, True, True)


def test_numbers_are_shown_only_when_asked_for(run: Run) -> None:
    run("generate", "--households", "0")
    assert "individual_number" not in _json(run("show", "P-01", "--json"), "resident")["items"]
    number = _json(run("show", "P-01", "--json", "--numbers"), "resident")["items"]["individual_number"]
    assert number.startswith("9999")
    assert number not in run("show", "P-01")[1]
    assert number in run("show", "P-01", "--numbers")[1]
    assert number not in run("search", "渡辺", "--json")[1]


def test_results_as_json_fit_their_schemas(run: Run, tmp_path: Path) -> None:
    assert _json(run("generate", "--households", "3", "--json"), "import")["households"] == 13
    assert _json(run("generate", "--households", "3", "--out", str(tmp_path / "a.csv"), "--json"), "written")["residents"] > 13
    assert _json(run("search", "長谷川", "--limit", "2", "--json"), "found")["more"]
    assert len(_json(run("show", "P-10", "--json"), "resident")["household"]) == 6
    history = _json(run("show", "P-10", "--history", "--json"), "resident")["history"]
    assert history[0]["items"]["birth_date"]["iso"] == "1951-09-08"


def test_a_generated_file_is_imported(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "city.csv"
    assert run("generate", "--households", "10", "--seed", "2", "--out", str(file))[0] == 0
    code, out, err = run("import", str(file))
    assert (code, err) == (0, "")
    assert "in 20 households" in out
    code, _, err = run("generate", "--households", "10", "--seed", "2", "--out", str(file))
    assert (code, "file_exists" in err) == (1, True)


def _broken(run: Run, tmp_path: Path) -> Path:
    file = tmp_path / "broken.csv"
    run("generate", "--households", "0", "--out", str(file))
    rows = file.read_text("utf-8").split("\n")
    rows[1] = rows[1].replace("昭和60年4月1日", "昭和99年4月1日").replace(",male,", ",x,")
    rows[3] = '"' + rows[3]
    file.write_text("\n".join(rows), "utf-8")
    return file


def test_every_bad_line_is_named_and_nothing_is_imported(run: Run, tmp_path: Path) -> None:
    file = _broken(run, tmp_path)
    code, out, err = run("import", str(file))
    assert (code, out) == (1, "")
    assert "line 2: birth_date: date_outside_era" in err
    assert "line 2: sex: item_invalid" in err
    assert "line 4: -: bad_quoting" in err
    assert "warifu-issuer: error: import_refused" in err
    assert "warifu-issuer: hint:" in err
    assert "昭和99年" not in err
    assert run("show", "P-02")[0] == 1


def test_bad_lines_are_skipped_on_request_and_still_named(run: Run, tmp_path: Path) -> None:
    code, _, err = run("import", str(_broken(run, tmp_path)), "--skip-bad")
    assert (code, "line 2: sex" in err) == (0, True)
    assert run("show", "P-02")[0] == 0
    assert run("show", "P-01")[0] == 1


def test_a_refused_import_as_json_names_the_lines(run: Run, tmp_path: Path) -> None:
    result = run("import", str(_broken(run, tmp_path)), "--json")
    refused = _json(result, "import")
    assert result[0] == 1
    assert {fault["line"] for fault in refused["refused"]} >= {2, 4}


def test_an_event_is_applied_once(run: Run, tmp_path: Path) -> None:
    run("generate", "--households", "0")
    file = tmp_path / "event.json"
    event = {"event_id": "2026-1", "type": "name-change", "resident": "P-01", "event_date": "2026-01-05", "items": {"given_name": "仁太郎"}}
    file.write_text(json.dumps(event), "utf-8")
    applied = _json(run("event", str(file), "--json"), "applied")
    assert applied["changes"] == [{"resident_id": "P-01", "history_number": 2, "items": ["given_name", "householder_name"]}]
    code, out, _ = run("event", str(file))
    assert (code, "applied before" in out) == (0, True)


def test_a_refused_event_names_its_faults(run: Run, tmp_path: Path) -> None:
    run("generate", "--households", "0")
    file = tmp_path / "event.json"
    file.write_text(json.dumps({"event_id": "2026-1", "type": "death", "resident": "P-10", "event_date": "2026-01-05"}), "utf-8")
    code, _, err = run("event", str(file))
    assert (code, "household_without_householder" in err) == (1, True)
    faults = _json(run("event", str(file), "--json"), "applied")["faults"]
    assert faults[0]["item"] == "relationship"
    file.write_text("{}", "utf-8")
    code, out, err = run("event", str(file), "--json")
    assert (code, json.loads(out)["applied"], "event_invalid" in err) == (1, False, True)


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("show", "X-1"), 1, "resident_unknown"),
        (("search", " "), 1, "search_too_wide"),
        (("search", "a", "--limit", "0"), 2, "--limit"),
        (("import", "/nonexistent.csv"), 2, "does not exist"),
        (("generate",), 2, "--households"),
        (("generate", "--households", "1", "--on", "soon"), 2, "--on"),
    ],
)
def test_refusals_and_usage_errors_have_their_exit_codes(run: Run, arguments: tuple[str, ...], code: int, word: str) -> None:
    found, _, err = run(*arguments)
    assert (found, word in err) == (code, True)


def test_a_full_register_is_not_generated_into(run: Run) -> None:
    assert run("generate", "--households", "1")[0] == 0
    code, _, err = run("generate", "--households", "1")
    assert (code, "register_not_empty" in err) == (1, True)


def test_a_real_municipality_gets_no_fictional_residents(run: Run, home: Path) -> None:
    config = home / "config.toml"
    config.write_text(config.read_text("utf-8").replace('"999997"', '"131016"'), "utf-8")
    code, _, err = run("generate", "--households", "1")
    assert (code, "municipality_not_synthetic" in err) == (1, True)


def test_a_store_of_another_municipality_is_refused(run: Run, home: Path) -> None:
    run("generate", "--households", "1")
    config = home / "config.toml"
    config.write_text(config.read_text("utf-8").replace('"999997"', '"999989"'), "utf-8")
    code, _, err = run("search", "渡辺")
    assert (code, "municipality_mismatch" in err) == (1, True)


def test_a_home_that_is_not_set_up_says_so(run: Run, home: Path) -> None:
    (home / "config.toml").unlink()
    code, _, err = run("search", "渡辺")
    assert (code, "init inner" in err) == (1, True)
