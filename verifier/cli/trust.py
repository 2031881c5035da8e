"""``trust``: whom this verifier believes, and for what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runtime import console
from verifier.cli.options import AsJson, Home
from verifier.policy import add_anchor, load_anchors


def trust_add(
    file: Annotated[Path, typer.Argument(help="PEM file of a root certificate")],
    home: Home,
    purpose: Annotated[list[str], typer.Option("--purpose", help="issuer or status; issuer with --status-origin means both")],
    municipality: Annotated[str | None, typer.Option("--municipality", help="全国地方公共団体コード this root may speak for")] = None,
    status_origin: Annotated[list[str] | None, typer.Option("--status-origin", help="Origin of its status lists; may be repeated")] = None,
    foreign: Annotated[bool, typer.Option("--foreign", help="A root of another ecosystem: certificate profile of ISO 18013-5")] = False,
    pinned: Annotated[bool, typer.Option("--pinned", help="The certificate is the signer itself")] = False,
    status_if_present: Annotated[bool, typer.Option("--status-if-present", help="Its credentials may carry no status")] = False,
) -> None:
    """Trust a root certificate for the purposes named, and for nothing else."""
    purposes = {*purpose, "status"} if "issuer" in purpose and status_origin else set(purpose)
    rules = {
        "purposes": sorted(purposes),
        "municipality": municipality,
        "status_origins": status_origin or [],
        "profile": "foreign" if foreign else "strict",
        "pinned": pinned,
        "status_policy": "if-present" if status_if_present else None,
    }
    console.print_line(console.words(ja="信頼する証明書に加えました: ", en="Trusted from now on: ") + add_anchor(home, _read(file), rules))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise typer.BadParameter("the file cannot be read", param_hint=path.name) from error


def trust_list(home: Home, as_json: AsJson = False) -> None:
    """List whom this verifier trusts, and for what."""
    rows = [
        {
            "name": anchor.certificate.subject.rfc4514_string() if anchor.certificate else "",
            "purposes": sorted(purpose.value for purpose in anchor.purposes),
            "municipality": anchor.municipality,
            "profile": anchor.profile,
            "status_origins": sorted(anchor.status_origins),
        }
        for anchor in load_anchors(home)
    ]
    if as_json:
        console.print_json(rows)
        return
    for row in rows:
        console.print_line(f"{row['name']}  {', '.join(row['purposes'] or [])}  {row['municipality'] or '-'}  {row['profile']}")
