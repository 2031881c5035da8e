"""The command `warifu-wallet`."""

from __future__ import annotations

from typing import NoReturn


def main() -> NoReturn:
    """Run the command and leave the process with its exit code."""
    from runtime import console  # noqa: PLC0415 - --version and --help of other commands do not pay for it
    from wallet.cli.application import app  # noqa: PLC0415

    console.run(app, "warifu-wallet")
