"""``verify FILE``: the same decisions offline, three exit codes, and nothing heavy loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from schemas.formats.encoding import b64url_encode
from tests.world import World
from verifier.cli.verify import main

AT = "2026-04-01T12:00:00Z"


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Path:
    presentation = world.present_sd_jwt()
    files = {
        "presentation": presentation.encode(),
        "credential": world.sd_jwt().encode(),
        "response": world.present_mdoc(),
        "response.b64": b64url_encode(world.present_mdoc()).encode() + b"\n",
        "issued": world.mdoc(),
        "transcript": world.session_transcript,
        "root.pem": world.warifu.root.certificate.public_bytes(Encoding.PEM),
        "other.pem": world.tonari.root.certificate.public_bytes(Encoding.PEM),
        "signer.pem": world.warifu.document_signer.certificate.public_bytes(Encoding.PEM),
    }
    for token in world.status_tokens():
        files[f"status.{token.media_type[-3:]}"] = token.body
    for token in world.status_tokens({4242}):
        files[f"revoked.{token.media_type[-3:]}"] = token.body
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def verify(folder: Path, capsys: Any, name: str, *options: str, anchors: str = "root.pem") -> tuple[int, dict[str, Any]]:
    placed = [str(folder / option) if (folder / option).is_file() else option for option in options]
    code = main([str(folder / name), "--anchors", str(folder / anchors), "--at", AT, "--json", *placed])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else {"error": said.err}


def request_of(world: World) -> list[str]:
    return ["--nonce", world.nonce, "--audience", world.audience]


def test_a_presentation_is_accepted(folder: Path, capsys: Any, world: World) -> None:
    code, report = verify(folder, capsys, "presentation", *request_of(world), "--status", "status.jwt")
    assert (code, report["outcome"], report["credential"]["municipality"]) == (0, "accepted", "999997")


@pytest.mark.parametrize("name", ["response", "response.b64"])
def test_a_device_response_is_accepted(folder: Path, capsys: Any, name: str) -> None:
    code, report = verify(folder, capsys, name, "--session-transcript", "transcript", "--status", "status.cwt")
    assert (code, report["credential"]["format"]) == (0, "mso_mdoc")


@pytest.mark.parametrize(("name", "status"), [("credential", "status.jwt"), ("issued", "status.cwt")])
def test_a_credential_as_issued_is_accepted_without_key_binding(folder: Path, capsys: Any, name: str, status: str) -> None:
    code, report = verify(folder, capsys, name, "--key-binding", "none", "--status", status)
    assert (code, report["steps"][7]["result"]) == (0, "skipped")
    assert verify(folder, capsys, name, "--status", status)[0] == 1


@pytest.mark.parametrize(("name", "lists"), [("credential", ("status.jwt", "revoked.jwt")), ("issued", ("status.cwt", "revoked.cwt"))])
def test_status_given_missing_left_out_and_revoked(folder: Path, capsys: Any, name: str, lists: tuple[str, str]) -> None:
    def outcome(*options: str) -> tuple[int, str, str]:
        code, report = verify(folder, capsys, name, "--key-binding", "none", *options)
        return code, report["outcome"], report["steps"][9]["result"]

    assert outcome("--status", lists[0]) == (0, "accepted", "passed")
    assert outcome() == (3, "undetermined", "undetermined")
    assert outcome("--status", "none") == (0, "accepted", "skipped")
    assert outcome("--status", lists[1]) == (1, "rejected", "failed")


@pytest.mark.parametrize(
    ("options", "step"),
    [
        (["--nonce", "another-nonce-0123456789"], 8),
        (["--audience", "x509_hash:AAAA"], 8),
        (["--at", "2026-05-01T00:00:00Z"], 7),
    ],
)
def test_a_refusal_names_its_step(folder: Path, capsys: Any, world: World, options: list[str], step: int) -> None:
    code, report = verify(folder, capsys, "presentation", *request_of(world), "--status", "none", *options)
    assert (code, [item["step"] for item in report["steps"] if item["result"] == "failed"]) == (1, [step])
    assert "claims" not in report


def test_another_citys_root_does_not_do(folder: Path, capsys: Any, world: World) -> None:
    code, report = verify(folder, capsys, "presentation", *request_of(world), "--status", "none", anchors="other.pem")
    assert (code, report["steps"][2]["result"]) == (1, "failed")


def test_a_pinned_signer_stands_without_a_root(folder: Path, capsys: Any, world: World) -> None:
    options = [*request_of(world), "--status", "none"]
    assert verify(folder, capsys, "presentation", *options, "--pinned", anchors="signer.pem")[0] == 0
    assert verify(folder, capsys, "presentation", *options, anchors="signer.pem")[0] == 1


def test_a_key_binding_is_never_checked_against_nothing(folder: Path, capsys: Any) -> None:
    for name in ("presentation", "response"):
        code, report = verify(folder, capsys, name, "--status", "none")
        assert (code, "expectation_missing" in report["error"]) == (1, True)


def test_usage_and_unreadable_files(folder: Path, capsys: Any) -> None:
    for arguments in ([], [str(folder / "presentation")], [str(folder / "presentation"), "--anchors", "x", "--at", "2026-04-01T00:00:00"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 2
    assert main([str(folder / "nothing"), "--anchors", str(folder / "root.pem")]) == 1
    assert main([str(folder / "presentation"), "--anchors", str(folder / "presentation"), "--nonce", "n", "--audience", "a"]) == 1
    assert "file_unreadable" in capsys.readouterr().err


def test_a_report_for_a_person_escapes_what_was_disclosed(folder: Path, capsys: Any, world: World) -> None:
    hostile = world.sd_jwt(content={"family_name": None}, payload={"note": "a\x1b[2Jb\u202ec"})
    (folder / "hostile").write_text(hostile)
    assert (
        main([str(folder / "hostile"), "--anchors", str(folder / "root.pem"), "--at", AT, "--key-binding", "none", "--status", "none"]) == 0
    )
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "accepted" in said


def test_nothing_heavy_is_loaded(folder: Path, world: World) -> None:
    arguments = ["verify", str(folder / "presentation"), "--anchors", str(folder / "root.pem"), "--at", AT, *request_of(world), "--json"]
    program = (
        "import sys; sys.argv[1:] = " + repr([*arguments, "--status", "none"]) + "\n"
        "from verifier.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    code = end.code\n"
        "heavy = {'fastapi', 'starlette', 'sqlalchemy', 'alembic', 'typer', 'rich', 'pydantic', 'httpx', 'ssl'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == "accepted"
