"""`warifu-wallet` as a process: exit codes, secrets through descriptors, what is written where."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.wallet.command import PASSPHRASE, pipe_with
from tests.world import World

SOURCE = "from wallet.cli import main; main()"


Done = subprocess.CompletedProcess[bytes]


def run(*arguments: str, secrets: Mapping[str, str] | None = None, language: str = "en", **environment: str) -> Done:
    """Run the command with nothing of ours in its environment but its language."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WARIFU_", "LC_", "LANG"))}
    descriptors = {option: pipe_with(secret) for option, secret in (secrets or {}).items()}
    words = [word for option, descriptor in descriptors.items() for word in (option, str(descriptor))]
    try:
        return subprocess.run(
            [sys.executable, "-c", SOURCE, *arguments, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**kept, "WARIFU_LANG": language, **environment},
            pass_fds=tuple(descriptors.values()),
            check=False,
            timeout=60,
        )
    finally:
        for descriptor in descriptors.values():
            os.close(descriptor)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an empty vault and one anchor."""
    home = tmp_path_factory.mktemp("process") / "wallet"
    done = run("init", "--home", str(home), secrets={"--passphrase-fd": PASSPHRASE})
    assert (done.returncode, done.stderr) == (0, b"")
    return home


def in_home(home: Path, *arguments: str, passphrase: str = PASSPHRASE, **more: str) -> Done:
    return run(*arguments, "--home", str(home), secrets={"--passphrase-fd": passphrase}, **more)


def test_init_makes_a_private_home(home: Path) -> None:
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert {name: stat.S_IMODE((home / name).stat().st_mode) for name in ("vault.json", "config.toml")} == {
        "vault.json": 0o600,
        "config.toml": 0o600,
    }


def test_init_keeps_origins_and_root(tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    root.write_bytes(b"PEM")
    home = tmp_path / 'a "quoted" \\ home'
    options = ["--tls-root", str(root), "--development-origin", "https://localhost:8443"]
    assert in_home(home, "init", *options).returncode == 0
    config = tomllib.loads((home / "config.toml").read_text("utf-8"))
    assert config["development_origins"] == ["https://localhost:8443"]
    assert Path(config["tls_ca_file"]).read_bytes() == b"PEM"


@pytest.mark.parametrize(
    ("passphrase", "code"),
    [("short", "passphrase_short"), ("", "secret_invalid")],
)
def test_init_with_a_bad_passphrase_leaves_nothing(tmp_path: Path, passphrase: str, code: str) -> None:
    done = in_home(tmp_path / "new", "init", passphrase=passphrase)
    assert done.returncode == 1
    assert code.encode() in done.stderr
    assert not (tmp_path / "new").exists()


def test_init_does_not_touch_an_existing_vault(home: Path) -> None:
    before = (home / "vault.json").read_bytes()
    done = in_home(home, "init", "--development-origin", "https://localhost:1")
    assert done.returncode == 1
    assert b"vault_exists" in done.stderr
    assert (home / "vault.json").read_bytes() == before
    assert b"localhost" not in (home / "config.toml").read_bytes()


def test_an_unusable_origin_makes_no_vault(tmp_path: Path) -> None:
    done = in_home(tmp_path / "new", "init", "--development-origin", "http://localhost:1")
    assert done.returncode == 1
    assert b"config_invalid" in done.stderr
    assert not (tmp_path / "new" / "vault.json").exists()


@pytest.mark.parametrize(
    "command", [["list"], ["history"], ["refresh"], ["show", "x"], ["delete", "x"], ["export", "x", "--out", "/nonexistent/x"]]
)
def test_without_a_vault_nothing_is_asked(tmp_path: Path, command: list[str]) -> None:
    done = run(*command, "--home", str(tmp_path))
    assert done.returncode == 1
    assert b"warifu-wallet: error: vault_missing" in done.stderr
    assert b"warifu-wallet: hint: run warifu-wallet init first" in done.stderr


def test_a_wrong_passphrase(home: Path) -> None:
    done = in_home(home, "list", passphrase="something else")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"passphrase_wrong" in done.stderr


def test_no_passphrase_and_no_terminal(home: Path) -> None:
    done = run("list", "--home", str(home))
    assert done.returncode == 1
    assert b"secret_unavailable" in done.stderr
    assert b"--passphrase-fd" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["unknown"],
        ["list", "--unknown"],
        ["show"],
        ["accept"],
        ["trust", "add", "/nonexistent.pem", "--purpose", "issuer"],
        ["accept", "x", "--copies", "0"],
    ],
)
def test_usage_errors(home: Path, arguments: list[str]) -> None:
    done = run(*arguments, *(["--home", str(home)] if arguments else []))
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr


def test_nobody_is_trusted_at_first(home: Path) -> None:
    done = run("trust", "list", "--home", str(home))
    assert done.returncode == 1
    assert b"no_anchor" in done.stderr


def test_trust_is_for_the_purposes_named(tmp_path: Path, home: Path) -> None:
    world = World()
    file = tmp_path / "root.pem"
    file.write_bytes(world.registrar.certificate.public_bytes(Encoding.PEM))
    other = tmp_path / "trusting"
    for arguments, code in (
        (["--purpose", "issuer"], 1),
        (["--purpose", "everything"], 1),
        (["--purpose", "reader", "--municipality", "12"], 1),
        (["--purpose", "reader", "--origin", "http://x"], 1),
        (["--purpose", "reader", "--purpose", "attester"], 0),
    ):
        assert run("trust", "add", str(file), "--home", str(other), *arguments).returncode == code
    rows = json.loads(run("trust", "list", "--home", str(other), "--json").stdout)
    assert [row["purposes"] for row in rows] == [["attester", "reader"]]
    (tmp_path / "junk.pem").write_bytes(b"junk")
    done = run("trust", "add", str(tmp_path / "junk.pem"), "--home", str(home), "--purpose", "reader")
    assert (done.returncode, b"anchor_unreadable" in done.stderr) == (1, True)


def test_messages_follow_the_readers_language(home: Path) -> None:
    assert "保有する証明" in in_home(home, "list", language="ja").stdout.decode()
    assert "Credentials held" in in_home(home, "list", language="en").stdout.decode()


def test_an_empty_wallet_lists_nothing(home: Path) -> None:
    assert json.loads(in_home(home, "list", "--json").stdout) == []
    assert json.loads(in_home(home, "history", "--json").stdout) == []


def test_unknown_copies(home: Path) -> None:
    for command in (["show", "beef"], ["export", "beef", "--out", str(home / "x")], ["delete", "beef", "--yes"]):
        done = in_home(home, *command)
        assert (done.returncode, b"copy_unknown" in done.stderr) == (1, True)


def test_a_misspelt_setting_is_told(home: Path) -> None:
    done = in_home(home, "list", WARIFU_WALLET_COPY="3")
    assert (done.returncode, b"config_unknown_key" in done.stderr) == (1, True)


def test_no_secret_is_in_arguments_or_environment(home: Path) -> None:
    """What other users of the machine can read of a running command holds no secret (H08)."""
    script = (
        "import os, subprocess, sys; "
        "from wallet.cli import application; from wallet.vault import sealing; genuine = sealing.derive\n"
        "def look(kdf, passphrase):\n"
        "    for name in ('cmdline', 'environ'):\n"
        "        assert passphrase not in open(f'/proc/self/{name}', 'rb').read(), name\n"
        "    sys.stderr.write('looked\\n')\n"
        "    return genuine(kdf, passphrase)\n"
        "sealing.derive = look\n"
        "from wallet.cli import main; main()"
    )
    descriptor = pipe_with(PASSPHRASE)
    done = subprocess.run(
        [sys.executable, "-c", script, "list", "--json", "--home", str(home), "--passphrase-fd", str(descriptor)],
        capture_output=True,
        pass_fds=(descriptor,),
        check=False,
        timeout=60,
    )
    os.close(descriptor)
    assert (done.returncode, done.stderr) == (0, b"looked\n")
    assert PASSPHRASE.encode() not in done.stdout + done.stderr


def test_help_names_every_command() -> None:
    done = run("--help")
    assert done.returncode == 0
    for command in ("init", "accept", "list", "show", "present", "history", "refresh", "export", "delete", "trust", "vectors"):
        assert command in done.stdout.decode()
