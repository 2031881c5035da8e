"""``purposes``: what may be asked for, and whether a file of a purpose is in order."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runtime import console
from runtime.settings import load_settings
from schemas.credentials import Catalogue, catalogue
from schemas.errors import WarifuError
from verifier.cli.options import AsJson, Home
from verifier.purposes import Purpose, load_purpose_file, load_purposes
from verifier.settings import VerifierSettings


def _catalogue(home: Path) -> Catalogue:
    settings = load_settings(VerifierSettings, home)
    return catalogue(settings.vct_base, settings.doctype_prefix)


def list_purposes(home: Home, as_json: AsJson = False) -> None:
    """List the purposes: built in, and of this home."""
    purposes = load_purposes(home, _catalogue(home)).values()
    if as_json:
        console.print_json([_document(purpose) for purpose in purposes])
        return
    for purpose in purposes:
        console.print_line(f"{purpose.name:<24} {console.words(ja=purpose.text['ja'], en=purpose.text['en'])}")


def show(name: Annotated[str, typer.Argument(metavar="NAME", help="Name of a purpose, as purposes list shows it")], home: Home) -> None:
    """Show one purpose with the query that it becomes."""
    purposes = load_purposes(home, _catalogue(home))
    if name not in purposes:
        raise WarifuError("purpose_unknown", "there is no purpose of this name", hint="warifu-verifier purposes list")
    console.print_json(_document(purposes[name]))


def lint(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="TOML file of a purpose")],
    vct_base: Annotated[str, typer.Option(help="https base of the catalogue's types")] = "https://catalogue.example",
    doctype_prefix: Annotated[str, typer.Option(help="Prefix of the catalogue's docTypes")] = "example.catalogue",
) -> None:
    """Check the file of a purpose: keys, texts in both languages, claims that the type has."""
    purpose = load_purpose_file(file, catalogue(vct_base, doctype_prefix))
    for remark in remarks(purpose):
        console.print_note(remark)
    console.print_line(console.words(ja=f"{purpose.name}: 問題ありません", en=f"{purpose.name}: in order"))


def remarks(purpose: Purpose) -> list[str]:
    """Return what is allowed but worth a second thought."""
    found = []
    if purpose.accept_undetermined_status:
        found.append("accepts credentials whose status could not be had: a revoked one can pass while the list is away")
    if purpose.max_status_age is None:
        found.append("sets no max_status_age: a revocation counts after the list's own ttl")
    if not purpose.same_holder:
        found.append("accepts credentials of different holders in one answer: two people can pass as one")
    if purpose.response_mode == "direct_post":
        found.append("asks for the answer in clear; HAIP demands direct_post.jwt")
    found += [
        f"the query {item.id} names no claims: nothing selectively disclosable will come"
        for item in purpose.query.credentials
        if not item.claims
    ]
    return found


def _document(purpose: Purpose) -> dict[str, object]:
    return {
        "name": purpose.name,
        "text": dict(purpose.text),
        "response_mode": purpose.response_mode,
        "max_status_age": None if purpose.max_status_age is None else int(purpose.max_status_age.total_seconds()),
        "holder_relations": sorted(purpose.holder_relations),
        "accept_undetermined_status": purpose.accept_undetermined_status,
        "same_holder": purpose.same_holder,
        "dcql_query": purpose.query.document(),
    }
