"""The readable, timed account of the tour."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from demo.processes import StepFailedError


class Account:
    """Numbers the steps, times them and remembers which one was under way."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._number = 0
        self.current = ""

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step, time it, and name it where it fails."""
        self._number += 1
        self.current = f"{self._number}. {title}"
        print(f"\n{self.current}", flush=True)
        started = time.monotonic()
        yield
        print(f"   … {time.monotonic() - started:.1f} s", flush=True)

    def say(self, text: str) -> None:
        """Print what happened inside a step."""
        for line in text.splitlines():
            print(f"   {line}", flush=True)

    def total(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self._start

    def fail(self, error: StepFailedError) -> None:
        """Name the step that failed and what was seen."""
        print(f"\ndemo: error: step {self.current} failed\n{error}", file=sys.stderr, flush=True)
