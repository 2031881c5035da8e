"""How commands speak and end."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from runtime import console
from schemas.errors import UndeterminedError, WarifuError

app = typer.Typer()


@app.command()
def good(count: int = 1) -> None:
    console.print_json({"count": count, "名": "𠮷󠄀"})


@app.command()
def refused() -> None:
    raise WarifuError("bad_signature", "the signature does not verify", hint="ask again", clause="RFC 7515 5.2")


@app.command()
def unknown() -> None:
    raise UndeterminedError("unreachable", "no list \x1b[31m\u202e")


@app.command()
def crash() -> None:
    raise KeyError("山田太郎")


@app.command()
def leave() -> None:
    raise typer.Exit(1)


@app.command()
def stopped() -> None:
    raise KeyboardInterrupt


@app.command()
def asked() -> None:
    raise typer.Abort


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as leaving:
        console.run(app, "warifu-desk", args=list(arguments))
    captured = capsys.readouterr()
    return leaving.value.code or 0, captured.out, captured.err  # type: ignore[return-value]  # we exit with numbers only


def test_result_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run("good", "--count", "2", capsys=capsys)
    assert (status, json.loads(out), err) == (0, {"count": 2, "名": "𠮷󠄀"}, "")


def test_refusal(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("refused", capsys=capsys) == (
        1,
        "",
        "warifu-desk: error: bad_signature: the signature does not verify [RFC 7515 5.2]\nwarifu-desk: hint: ask again\n",
    )


def test_undetermined_and_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run("unknown", capsys=capsys)
    assert (status, out, err) == (3, "", "warifu-desk: error: unreachable: no list \\x1b[31m\\u202e\n")


@pytest.mark.parametrize("arguments", [["good", "--count", "x"], ["nothing"], ["good", "--nothing"], []])
def test_usage(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    status, out, err = run(*arguments, capsys=capsys)
    assert (status, out) == (2, "") if arguments else (2, out)
    assert err.startswith("warifu-desk: error: ")
    assert "warifu-desk: hint: warifu-desk --help shows the usage" in err


def test_group_without_a_command_shows_its_help_alone(capsys: pytest.CaptureFixture[str]) -> None:
    group = typer.Typer(no_args_is_help=True)
    group.command()(good)
    group.command()(refused)
    with pytest.raises(SystemExit) as leaving:
        console.run(group, "warifu-desk", args=[])
    captured = capsys.readouterr()
    assert (leaving.value.code, captured.err) == (2, "")
    assert "Usage: warifu-desk" in captured.out


def test_defect_shows_neither_text_nor_trace(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WARIFU_TRACEBACK", raising=False)
    status, _, err = run("crash", capsys=capsys)
    assert status == 70
    assert "internal defect: KeyError in crash (test_console.py:" in err
    assert "山田" not in err
    monkeypatch.setenv("WARIFU_TRACEBACK", "1")
    assert "山田" in run("crash", capsys=capsys)[2]


@pytest.mark.parametrize(("command", "status"), [("leave", 1), ("stopped", 130), ("asked", 1), ("--help", 0)])
def test_other_ends(capsys: pytest.CaptureFixture[str], command: str, status: int) -> None:
    assert run(command, capsys=capsys)[0] == status


def test_reader_that_has_gone_is_no_defect() -> None:
    program = "from runtime import console\nconsole.outcome(lambda: [print('x' * 9999) for _ in range(9)], 'p')"
    command = f'{sys.executable} -c "{program}" | head -c 1'
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False)
    assert (done.stdout, done.stderr) == ("x", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("山田 太郎　様", "山田 太郎　様"),
        ("葛󠄀城", "葛󠄀城"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x1b]0;x\x07", "\\x1b]0;x\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("a\u202eb\u2066c\u200fd", "a\\u202eb\\u2066c\\u200fd"),
        ("\u2028\ufeff", "\\u2028\\ufeff"),
    ],
)
def test_foreign_text_cannot_steer_the_terminal(text: str, shown: str) -> None:
    assert console.safe_text(text) == shown


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "WARIFU_LANG": "en"}, "en"),
        ({"LANG": "C", "WARIFU_LANG": "ja"}, "ja"),
        ({"LANG": "de_DE", "LC_ALL": "JA"}, "ja"),
    ],
)
def test_language(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str) -> None:
    for name in ("WARIFU_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert console.language() == expected
    assert console.words(ja="日", en="e") == {"ja": "日", "en": "e"}[expected]


class TestSecrets:
    """By descriptor or terminal, never by argument."""

    @staticmethod
    def pipe(data: bytes) -> int:
        reading, writing = os.pipe()
        os.write(writing, data)
        os.close(writing)
        return reading

    @pytest.mark.parametrize(
        ("data", "secret"),
        [(b"abc", b"abc"), (b"abc\n", b"abc"), (b"abc\r\n", b"abc"), (b" a\n\n", b" a\n"), ("秘密".encode(), "秘密".encode())],
    )
    def test_from_a_descriptor(self, data: bytes, secret: bytes) -> None:
        assert console.read_secret(self.pipe(data), "Passphrase") == secret

    @pytest.mark.parametrize("data", [b"", b"\n", b"x" * 4097])
    def test_empty_or_endless(self, data: bytes) -> None:
        with pytest.raises(WarifuError) as error:
            console.read_secret(self.pipe(data), "Passphrase")
        assert error.value.code == "secret_invalid"

    def test_closed_descriptor(self) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        os.close(writing)
        with pytest.raises(WarifuError) as error:
            console.read_secret(reading, "Passphrase")
        assert error.value.code == "secret_unavailable"

    def test_no_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        with Path("/dev/null").open() as nothing:
            monkeypatch.setattr(sys, "stdin", nothing)
            with pytest.raises(WarifuError) as error:
                console.read_secret(None, "Passphrase")
        assert error.value.code == "secret_unavailable"

    @pytest.mark.parametrize(
        ("typed", "printed"), [("open sesame\nopen sesame\n", "read 11"), ("open sesame\nopen sesam\n", "secret_mismatch")]
    )
    def test_terminal_without_echo(self, typed: str, printed: str) -> None:
        program = (
            "from runtime import console\nfrom schemas.errors import WarifuError\n"
            "try: print('read', len(console.read_secret(None, 'Passphrase', confirm=True)))\n"
            "except WarifuError as error: print(error.code)"
        )
        leader, follower = pty.openpty()
        command = [sys.executable, "-c", program]
        with subprocess.Popen(
            command, stdin=follower, stdout=subprocess.PIPE, stderr=follower, cwd=Path(__file__).parents[2], start_new_session=True
        ) as process:
            shown = b""
            for line in typed.splitlines(keepends=True):
                while not shown.endswith(b": "):
                    shown += os.read(leader, 1024)
                os.write(leader, line.encode())
                shown += b"|"
            out, _ = process.communicate(timeout=60)
            os.set_blocking(leader, False)
            shown += os.read(leader, 4096)
        os.close(leader)
        os.close(follower)
        assert out.decode().startswith(printed)
        assert b"sesam" not in shown


def test_progress_draws_nothing_where_there_is_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    with console.progress("住民", 3) as advance:
        advance(3)
    assert list(console.track([1, 2], "x", 2)) == [1, 2]
    assert capfd.readouterr() == ("", "")
