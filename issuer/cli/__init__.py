"""The command `warifu-issuer`: one module for each group of commands, mounted by the tables below."""

from __future__ import annotations

from typing import NoReturn


def main() -> NoReturn:
    """Run the command and leave the process with its exit code."""
    from issuer.cli.application import app  # noqa: PLC0415 - what only imports this package does not pay for the commands
    from runtime import console  # noqa: PLC0415

    console.run(app, "warifu-issuer")
