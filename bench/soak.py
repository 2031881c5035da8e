"""`make soak`: long runs, recorded as JSON with commit, seed and command.

One piece so far: the life of a city (1,000 households, 2,000 credentials over HTTPS, 500 events).  Set ``SOAK_SCALE`` to a
fraction for a shorter run; what is recorded says so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.life import CityLife, apply_events, bits_of, fresh_folder, must_be_revoked, waiting
from issuer.store.municipality.issuing import credential_copy, status_entry, status_list
from runtime import clock
from runtime.store import read

ROOT = Path(__file__).parent.parent
SEED = 20261120
PATIENCE_SECONDS = 120.0


def run(scale: float) -> dict[str, Any]:
    """Run the life of a city once and return its figures; raises where one copy is wrong."""
    households, credentials, events = int(1000 * scale), int(2000 * scale), int(500 * scale)
    life = CityLife(fresh_folder(ROOT / ".soak"), households=households, seed=SEED)
    started = time.monotonic()
    try:
        office = life.start()
        with read(office.engine) as connection:
            residents = list(connection.scalars(sa.text("SELECT resident_id FROM resident_current ORDER BY resident_id")))
        begun = time.monotonic()
        received = life.issue_to(residents[: credentials // 4 + credentials // 16])
        issuing = time.monotonic() - begun
        delivered = sum(len(one.places) for one in received)
        applied = apply_events(office, count=events, seed=SEED, residents=residents)
        _wait_until_idle(office)
        time.sleep(2.0)  # two ticks of the publisher, which is another process: its lists are what is looked at
        wrong, revoked = _compare(life, office)
        return {
            "households": households,
            "residents": len(residents),
            "credentials_issued": delivered,
            "issued_per_second": round(delivered / issuing, 1),
            "events_applied": {name: count for name, count in applied.items() if count},
            "copies_revoked": revoked,
            "copies_wrong": wrong,
            "seconds": round(time.monotonic() - started, 1),
        }
    finally:
        life.tour.company.close()
        shutil.rmtree(life.tour.folder, ignore_errors=True)


def _wait_until_idle(office: Any) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while waiting(office):
        if time.monotonic() > deadline:
            raise SystemExit("soak: error: the revocation worker did not finish")
        time.sleep(0.2)


def _compare(life: CityLife, office: Any) -> tuple[int, int]:
    """Compare what the published lists say with what the history demands; returns (wrong, revoked)."""
    expected = must_be_revoked(office)
    with read(office.engine) as connection:
        query = sa.select(status_list.c.uri, status_entry.c.idx, status_entry.c.credential_id)
        joined = query.join(status_entry, status_entry.c.list_id == status_list.c.list_id).where(status_entry.c.credential_id.is_not(None))
        rows = connection.execute(joined).all()
        delivered = set(connection.scalars(sa.select(credential_copy.c.credential_id).where(credential_copy.c.delivered_at.is_not(None))))
    by_list: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        by_list[row.uri].append(row)
    wrong = revoked = 0
    for uri, entries in by_list.items():
        bits = bits_of(life.tour, uri)
        for row in entries:
            dead = bool(bits[row.idx >> 3] >> (row.idx & 7) & 1)
            revoked += dead
            wrong += dead != expected.get(row.credential_id, True) if row.credential_id in delivered else not dead
    return wrong, revoked


def main() -> int:
    """Run, print, record; exit 1 where a copy is wrong."""
    scale = float(os.environ.get("SOAK_SCALE", "1"))
    git = shutil.which("git") or "git"
    commit = subprocess.run([git, "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    figures = run(scale)
    record = {"run": "life-of-a-city", "measured": f"{clock.now():%Y-%m-%d}", "commit": commit, "seed": SEED, "scale": scale}
    record |= {"command": "make soak", **figures}
    print(json.dumps(record, indent=2, ensure_ascii=False))
    if scale == 1:
        (ROOT / "docs/soak.json").write_text(json.dumps([record], indent=2, ensure_ascii=False) + "\n")
    short = figures["credentials_issued"] < int(2000 * scale) or sum(figures["events_applied"].values()) < int(500 * scale)
    return 1 if short or figures["copies_wrong"] or not figures["copies_revoked"] else 0


if __name__ == "__main__":
    sys.exit(main())
