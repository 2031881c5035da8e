"""The command ``warifu-verifier``.

``verify`` is answered without typer and the store, so that a single look at a credential costs what the looking costs.
"""

from __future__ import annotations

import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command and leave the process with its exit code."""
    if sys.argv[1:2] == ["verify"]:
        from verifier.cli.verify import main as verify  # noqa: PLC0415 - the light path

        sys.exit(verify(sys.argv[2:]))
    from runtime import console  # noqa: PLC0415
    from verifier.cli.application import app  # noqa: PLC0415

    console.run(app, "warifu-verifier")
