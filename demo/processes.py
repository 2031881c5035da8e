"""Starting the product's own commands: short ones that answer, and services that stay."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
AUDIT = Path(__file__).parent / "audit"
START_SECONDS = 30.0
POLL_SECONDS = 0.05


class StepFailedError(Exception):
    """A step of the tour did not end as it should; the text says what was seen."""


@dataclass(frozen=True)
class Outcome:
    """What a command printed and how it ended."""

    code: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        """Return what the command printed as JSON."""
        return json.loads(self.stdout)


@dataclass
class Company:
    """Everything that the tour started, in one folder; every process it starts it also ends."""

    folder: Path
    services: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def environment(self, actor: str) -> dict[str, str]:
        """Return the environment of one actor's process: nothing of ours but the audit hook."""
        logs = self.folder / "audit"
        logs.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WARIFU_") or name == "WARIFU_LANG"}
        return {
            **kept,
            "PYTHONPATH": str(AUDIT),
            "DEMO_AUDIT_FOLDER": str(self.folder),
            "DEMO_AUDIT_LOG": str(logs / f"{actor}.log"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def call(self, actor: str, command: Sequence[str], *, secrets: Mapping[str, str] | None = None, stdin: str = "") -> Outcome:
        """Run one command of the product to its end.

        Args:
            secrets: option name → secret, handed over by file descriptors as ``--passphrase-fd 7``.
        """
        arguments, descriptors = _with_secrets(command, secrets or {})
        try:
            done = subprocess.run(
                [str(BIN / arguments[0]), *arguments[1:]],
                input=stdin.encode(),
                capture_output=True,
                env=self.environment(actor),
                pass_fds=descriptors,
                timeout=120,
                check=False,
            )
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    def must(self, actor: str, command: Sequence[str], *, secrets: Mapping[str, str] | None = None, stdin: str = "") -> Outcome:
        """As :meth:`call`; raises where the command does not end with 0."""
        outcome = self.call(actor, command, secrets=secrets, stdin=stdin)
        if outcome.code != 0:
            raise StepFailedError(f"{' '.join(command[:3])} ended with {outcome.code}\n{outcome.stderr.strip()}")
        return outcome

    def serve(self, actor: str, command: Sequence[str], *, secrets: Mapping[str, str] | None = None) -> dict[str, str]:
        """Start a service and return its addresses once it answers."""
        ready = self.folder / actor / "ready.json"
        ready.unlink(missing_ok=True)
        arguments, descriptors = _with_secrets([*command, "--ready-file", str(ready)], secrets or {})
        log = (self.folder / actor / "service.log").open("ab")
        try:
            process = subprocess.Popen(
                [str(BIN / arguments[0]), *arguments[1:]],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment(actor),
                pass_fds=descriptors,
            )
        finally:
            log.close()
            for descriptor in descriptors:
                os.close(descriptor)
        self.services[actor] = process
        addresses: dict[str, str] = json.loads(self._when_ready(actor, process, ready))
        return addresses

    def _when_ready(self, actor: str, process: subprocess.Popen[bytes], ready: Path) -> str:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                log = (self.folder / actor / "service.log").read_text("utf-8", "replace")
                raise StepFailedError(f"{actor} stopped with {process.returncode}\n{log[-1500:]}")
            if ready.exists():
                return ready.read_text("utf-8")
            time.sleep(POLL_SECONDS)
        raise StepFailedError(f"{actor} was not ready after {START_SECONDS:.0f} s")

    def kill(self, actor: str) -> None:
        """End one service at once, as a crash would."""
        process = self.services.pop(actor)
        process.kill()
        process.wait()

    def close(self) -> None:
        """End every service that this tour started, politely, then firmly."""
        for process in self.services.values():
            process.send_signal(signal.SIGTERM)
        for process in self.services.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.services.clear()


def _with_secrets(command: Sequence[str], secrets: Mapping[str, str]) -> tuple[list[str], list[int]]:
    arguments, descriptors = list(command), []
    for option, secret in secrets.items():
        reading, writing = os.pipe()
        os.write(writing, secret.encode() + b"\n")
        os.close(writing)
        os.set_inheritable(reading, True)
        arguments += [option, str(reading)]
        descriptors.append(reading)
    return arguments, descriptors
