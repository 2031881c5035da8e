"""Figures of the reference libraries, from their own environment where it is installed (make oracles)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def peer_figures() -> dict[str, float]:
    """Return µs of each peer's work; empty, with a line that says so, where the oracles are not installed."""
    python = ROOT / ".venv-oracles/bin/python"
    if not python.exists():
        print("peers: skipped, the oracle environment is not installed (make oracles)", file=sys.stderr)
        return {}
    done = subprocess.run([str(python), str(ROOT / "bench/peer_works.py")], capture_output=True, text=True, check=True, cwd=ROOT)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures
