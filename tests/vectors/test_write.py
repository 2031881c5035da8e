"""What is checked in is what the generators write, and the check sees every way in which it could not be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.vectors import write

ROOT = write.HERE.parents[1]


@pytest.fixture
def written(tmp_path: Path) -> Path:
    files = {name: text for name, text in write.expected().items() if "/offer/" in name or name.startswith("schema/")}
    write.write(tmp_path, files)
    return tmp_path


def drift(root: Path) -> list[str]:
    files = {name: text for name, text in write.expected().items() if "/offer/" in name or name.startswith("schema/")}
    return write.drift(root, files)


def test_nothing_has_drifted() -> None:
    assert write.drift(write.HERE, write.expected()) == []


def test_written_files_do_not_differ(written: Path) -> None:
    assert drift(written) == []


def test_a_changed_file_differs(written: Path) -> None:
    target = written / "cases/offer/by-value.json"
    target.write_text(target.read_text("utf-8").replace('"accept"', '"reject"'), "utf-8")
    assert drift(written) == ["differs: cases/offer/by-value.json"]


def test_a_file_taken_away_is_missing(written: Path) -> None:
    (written / "schema/offer.schema.json").unlink()
    assert drift(written) == ["missing: schema/offer.schema.json"]


def test_a_file_of_no_generator_is_left_over_and_removed(written: Path) -> None:
    (written / "cases/offer/by-hand.json").write_text("{}")
    assert drift(written) == ["left over: cases/offer/by-hand.json"]
    write.write(written, write.expected())
    assert not (written / "cases/offer/by-hand.json").exists()


def test_another_process_writes_the_same_bytes() -> None:
    """Neither hash seed nor time zone nor locale shows in a case."""
    code = "import hashlib, json; from tests.vectors import write; print(hashlib.sha256(json.dumps(write.expected()).encode()).hexdigest())"
    digests = set()
    for seed, zone in (("1", "Asia/Tokyo"), ("2", "America/New_York")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, cwd=write.HERE.parents[1]
        )
        digests.add(done.stdout)
    assert len(digests) == 1


def test_an_unknown_argument_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert write.main(["--chek"]) == 2
    assert "--check" in capsys.readouterr().err


def test_check_exits_0_where_nothing_differs() -> None:
    assert write.main(["--check"]) == 0
