"""The command `warifu-wallet` in this process: arguments, secrets over pipes, standard input, and what came of it."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import typer

from runtime import console
from wallet.cli.application import app

PASSPHRASE = "correct horse battery staple"


@dataclass(frozen=True)
class Outcome:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Command:
    """Runs commands of one wallet; ``language`` is the reader's."""

    home: os.PathLike[str]
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    language: str = "en"
    passphrase: str = PASSPHRASE

    def __call__(self, *arguments: str, stdin: str = "", secrets: Mapping[str, str] | None = None, opens: bool = True) -> Outcome:
        """Run one command.

        Args:
            secrets: option → secret, each handed over through a pipe of its own.
            opens: whether the command opens the vault, and so needs the passphrase.
        """
        given = {"--passphrase-fd": self.passphrase, **(secrets or {})} if opens else dict(secrets or {})
        options = [word for option, secret in given.items() for word in (option, str(pipe_with(secret)))]
        self.monkeypatch.setenv("WARIFU_LANG", self.language)
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        command = typer.main.get_command(app)
        words = [*arguments, "--home", str(self.home), *options]
        self.capsys.readouterr()
        code = console.outcome(lambda: command.main(args=words, prog_name="warifu-wallet", standalone_mode=False), "warifu-wallet")
        printed = self.capsys.readouterr()
        return Outcome(code, printed.out, printed.err)


def pipe_with(secret: str) -> int:
    """Return a descriptor to read ``secret`` from; whoever reads it closes it."""
    reading, writing = os.pipe()
    os.write(writing, secret.encode() + b"\n")
    os.close(writing)
    return reading
