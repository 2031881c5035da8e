"""`make demo`: a city, a wallet and a bank; issued, shown, moved, refused, renewed, accepted again.

``KEEP=1`` leaves the services up.  ``SABOTAGE`` proves that the tour can fail: ``verifier-killed``, ``flipped-byte`` or
``no-revocation`` must end with 1 and the name of the step.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from demo.account import Account
from demo.audit_check import check_audit
from demo.company import Tour
from demo.processes import StepFailedError
from demo.steps import run_steps
from demo.tamper import tampering

ROOT = Path(__file__).parent.parent
SABOTAGES = ("", "verifier-killed", "flipped-byte", "no-revocation")


def main() -> int:
    """Run the tour once; returns 0, or 1 with the step that failed."""
    sabotage = os.environ.get("SABOTAGE", "")
    if sabotage not in SABOTAGES:
        print(f"demo: error: SABOTAGE is one of {', '.join(SABOTAGES[1:])}", file=sys.stderr)
        return 2
    folder = Path(os.environ.get("DEMO_FOLDER", ROOT / ".demo")).absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    account, tour = Account(), Tour(folder)
    print("割符 Warifu: 実証用。住民基本台帳法第12条の住民票の写しではありません。 (reference implementation for pilots)")
    try:
        with tampering(tour, active=sabotage == "flipped-byte") as verifier_url:
            run_steps(account, tour, sabotage, verifier_url)
            with account.step("No actor opened a file in another actor's folder"):
                account.say(check_audit(folder))
            _farewell(account, tour)
    except StepFailedError as error:
        account.fail(error)
        return 1
    finally:
        tour.company.close()
    return 0


def _farewell(account: Account, tour: Tour) -> None:
    print(f"\nThe whole flow took {account.total():.1f} s.  Left to look at in {tour.folder}:")
    for name, what in LEFT:
        print(f"   {name:<22} {what}")
    if os.environ.get("KEEP") == "1":
        print("\nThe services stay up (Ctrl-C ends them):")
        for name in ("registrar", "front", "verifier", "office", "staff"):
            print(f"   {name:<10} {tour.addresses.url(name)}")
        print(f"   issuer     {tour.addresses.issuer}", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


LEFT = (
    ("public/", "root certificates that the actors handed to one another"),
    ("inner/municipality.db", "the register with its history, copies, status entries, audit log"),
    ("front/public/status/", "the status lists as they were published"),
    ("wallet/vault.json", "the resident's vault, sealed"),
    ("verifier/verifier.db", "the bank's sessions: no personal data is left in it"),
    ("*/service.log", "logs without personal data"),
    ("audit/", "every file that each process opened"),
)


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, set())
    sys.exit(main())
