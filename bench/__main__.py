"""`make bench`: measure, print the ratios and write docs/benchmarks.md and docs/benchmarks.json."""

from __future__ import annotations

import json
import platform
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench.formats import raw_works, seal_works, verify_works
from bench.measure import interleaved
from bench.peers import peer_figures
from tests.world import World

GIT = shutil.which("git") or "git"
ROOT = Path(__file__).parent.parent
COMMAND = "make bench"


@dataclass(frozen=True)
class Line:
    """One measured work and its ratio to the raw operation of the same run."""

    work: str
    microseconds: float
    against: str
    ratio: float
    budget: float | None


def main() -> int:
    """Measure everything once and write the page."""
    world = World()
    figures = interleaved({**raw_works(), **seal_works(world), **verify_works(world)})
    sign, verify = figures["raw sign"], figures["raw verify"]
    lines = [
        Line("raw P-256 sign, 1 KB", sign, "itself", 1.0, None),
        Line("raw P-256 verify, 1 KB", verify, "itself", 1.0, None),
        *(_line(figures, name, sign, "one signature", budget) for name, budget in SEALING),
        *(_line(figures, name, 2 * verify, "two verifications", budget) for name, budget in VERIFYING),
    ]
    lines += [Line(f"peer: {name}", value, "one signature", value / sign, None) for name, value in peer_figures().items()]
    _print(lines)
    _write(lines)
    return 0


SEALING = (("seal SD-JWT VC, 20 claims", 2.6), ("seal mdoc, 20 elements", 2.5))
VERIFYING = (("verify SD-JWT VC + KB", 1.6), ("verify DeviceResponse", 1.45))


def _line(figures: dict[str, float], name: str, raw: float, against: str, budget: float) -> Line:
    return Line(name, figures[name], against, figures[name] / raw, budget)


def _print(lines: list[Line]) -> None:
    for line in lines:
        budget = f"   budget {line.budget}" if line.budget else ""
        print(f"{line.work:<42} {line.microseconds:>9.1f} µs   {line.ratio:>6.2f} × {line.against}{budget}")


def _write(lines: list[Line]) -> None:
    commit = subprocess.run([GIT, "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    head = {
        "measured": datetime.now(UTC).strftime("%Y-%m-%d"),
        "commit": commit,
        "command": COMMAND,
        "python": sys.version.split()[0],
        "machine": platform.machine(),
    }
    (ROOT / "docs/benchmarks.json").write_text(
        json.dumps({**head, "lines": [asdict(line) for line in lines]}, indent=2, ensure_ascii=False) + "\n"
    )
    rows = [f"| {line.work} | {line.microseconds:.1f} | {line.ratio:.2f} × {line.against} | {line.budget or '–'} |" for line in lines]
    page = [
        "# Benchmarks",
        "",
        f"Written by `{COMMAND}` at commit `{commit[:12]}` on {head['measured']}, Python {head['python']}, {head['machine']}.",
        "Interleaved rounds, medians; ratios are to the raw operation of the same run. Absolute figures drift with the machine.",
        "",
        "| work | µs | ratio | budget |",
        "|---|--:|---|--:|",
        *rows,
        "",
    ]
    (ROOT / "docs/benchmarks.md").write_text("\n".join(page))


if __name__ == "__main__":
    sys.exit(main())
