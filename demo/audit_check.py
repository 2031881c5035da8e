"""Reads what the audit hook of each process noted: every actor stays in its own folder."""

from __future__ import annotations

from pathlib import Path

from demo.processes import StepFailedError

ACTORS = ("registrar", "inner", "front", "wallet", "verifier")
#: Folders that belong to no actor: certificates handed over, the TLS root of this machine, the hook's own notes.
SHARED = ("public", "tls", "audit")


def check_audit(folder: Path) -> str:
    """Return how many openings were seen; raises where an actor reached into another's folder or the hook saw nothing."""
    seen = 0
    for actor in ACTORS:
        log = folder / "audit" / f"{actor}.log"
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        if not any(f"{folder}/{actor}/" in line for line in lines):
            raise StepFailedError(f"the audit hook saw {actor} open nothing of its own: it is not at work")
        for line in lines:
            first = Path(line.split("\t", 1)[1]).relative_to(folder).parts[0]
            if first != actor and first not in SHARED:
                raise StepFailedError(f"{actor} opened a file of {first}: {line}")
        seen += len(lines)
    return f"{seen} openings by {len(ACTORS)} actors, each in its own folder or in {', '.join(SHARED[:2])}"
