"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

Home = Annotated[Path, typer.Option("--home", envvar="WARIFU_HOME", help="Folder of this verifier alone")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON")]
PassphraseFd = Annotated[int | None, typer.Option("--passphrase-fd", help="Read the passphrase of the key from this file descriptor")]
OPERATOR: Final = "command-line"
