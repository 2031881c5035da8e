"""``vectors DIR``: runs every test vector of the wallet's kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runtime.vector_runner import run_vectors
from wallet.cli.options import AsJson
from wallet.vectors import CONSUMERS


def vectors(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of test vectors, read with everything below it")],
    as_json: AsJson = False,
) -> int:
    """Run test vectors: every case of our kinds must come out as it says."""
    return run_vectors(folder, CONSUMERS, json=as_json)
