"""`make demo-check`: the tour must fail where it should: three sabotaged runs, each ending with 1 and naming its step."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
#: What is sabotaged → words of the step that must fail.
EXPECTED = {
    "verifier-killed": "The bank asks",
    "flipped-byte": "The bank asks",
    "no-revocation": "refuses the very copies",
}


def main() -> int:
    """Run the three; return 1 where one did not fail in its step."""
    wrong = 0
    for sabotage, words in EXPECTED.items():
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "SABOTAGE": sabotage, "DEMO_FOLDER": str(Path(folder) / "tour")}
            done = subprocess.run([sys.executable, "-m", "demo"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        named = next((line for line in done.stderr.splitlines() if line.startswith("demo: error: step")), "no step was named")
        good = done.returncode == 1 and words in named
        wrong += not good
        print(
            f"{'as expected' if good else 'WRONG      '}  {sabotage}: exit {done.returncode}, {named.removeprefix('demo: error: ')}",
            flush=True,
        )
        if not good:
            print(done.stdout[-2000:] + done.stderr[-2000:])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
