"""The verifier's trust anchors in its home, in the written form of ``schemas.trust.anchor_form``.

An anchor is added by a person, with its purposes; nothing that is presented can add one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runtime.files import file_error, private_directory, write_private
from schemas.trust import Anchors
from schemas.trust.anchor_form import ANCHOR_FOLDER, anchor_files, one_certificate, read_anchor


def load_anchors(home: Path) -> Anchors:
    """Return every anchor of the home.

    Raises:
        WarifuError: ``anchor_unreadable`` or ``bad_anchor`` with the name of the file; a start with half of the anchors
            would be a decision that nobody took.
    """
    anchors = []
    for path in sorted((home / ANCHOR_FOLDER).glob("*.toml")):
        try:
            anchors.append(read_anchor(path.name, path.read_text("utf-8"), path.with_suffix(".pem").read_bytes()))
        except OSError as error:
            raise file_error(error) from error
    return Anchors(anchors)


def add_anchor(home: Path, pem: bytes, rules: Mapping[str, Any]) -> str:
    """Keep the one certificate of ``pem`` as an anchor under ``rules`` and return the stem of its files.

    Raises:
        WarifuError: ``anchor_unreadable``, ``bad_anchor`` or an error of the file system.
    """
    stem, text, certificate = anchor_files(one_certificate(pem), rules)
    folder = private_directory(home / ANCHOR_FOLDER)
    write_private(folder / f"{stem}.pem", certificate)
    write_private(folder / f"{stem}.toml", text)
    return stem
