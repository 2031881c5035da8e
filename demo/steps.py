"""The steps of the tour, in the order in which a city would live them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from demo.account import Account
from demo.company import PASSPHRASE, Tour
from demo.processes import Outcome, StepFailedError

RESIDENT = "P-01"
HOUSEHOLDS = "60"
PATIENCE_SECONDS = 20.0
PURPOSE = Path(__file__).parent / "bank.toml"


def run_steps(account: Account, tour: Tour, sabotage: str, verifier_url: str) -> None:
    """Run the whole tour; raises :class:`StepFailedError` in the step that fails."""
    with account.step("The registrar starts, a city sets up its inner side and its front"):
        registrar_key = tour.init_registrar()
        tour.init_municipality()
        account.say(f"issuer {tour.addresses.issuer}")
    with account.step("The city takes in its residents"):
        account.say(_generate(tour))
    with account.step("Front and inner side start; a bank registers its purpose; a resident makes a wallet"):
        tour.start_front()
        tour.start_inner(without=("revocation",) if sabotage == "no-revocation" else ())
        tour.init_verifier(registrar_key, PURPOSE, public_url=verifier_url)
        tour.init_wallet(verifier_url=verifier_url)
    with account.step("The counter offers two credentials; the wallet fetches one-time copies (OpenID4VCI 1.0)"):
        account.say(_issue(tour))
    if sabotage == "verifier-killed":
        tour.company.kill("verifier")
    with account.step("The bank asks, the resident consents, the bank accepts and says why (OpenID4VP 1.0)"):
        before = _accepted(account, tour, [])
    with account.step("A 転居届 changes the address"):
        account.say(_move(tour))
    with account.step("The same bank, its cache untouched, refuses the very copies that it accepted"):
        account.say(_refused(tour, before["copies"]))
    with account.step("The wallet fetches new copies, and they are accepted with the new address"):
        account.say(_refresh(tour))
        after = _accepted(account, tour, [])
        if before["address"] == after["address"]:
            raise StepFailedError("the renewed credential still names the old address")
        account.say(f"{before['address']}  →  {after['address']}")


def _generate(tour: Tour) -> str:
    command = ["warifu-issuer", "residents", "generate", "--home", tour.home("inner"), "--households", HOUSEHOLDS, "--seed", "1"]
    return tour.company.must("inner", command).stdout.strip()


def _issue(tour: Tour) -> str:
    offer = ["warifu-issuer", "offer", "create", "--home", tour.home("inner"), "--resident", RESIDENT]
    offer += ["--type", "resident-record", "--type", "basic-four", "--tx-code", "--json"]
    made = tour.company.must("inner", offer).json()
    accept = ["warifu-wallet", "accept", "-", "--home", tour.home("wallet"), "--yes"]
    secrets = {**PASSPHRASE, "--tx-code-fd": str(made["tx_code"])}
    return tour.company.must("wallet", accept, secrets=secrets, stdin=made["credential_offer_uri"] + "\n").stdout.strip()


def _ask(tour: Tour) -> Any:
    command = ["warifu-verifier", "request", "create", "--home", tour.home("verifier"), "--purpose", "demo-bank", "--json"]
    return tour.company.must("verifier", command).json()


def _show(tour: Tour, link: str, options: list[str]) -> Outcome:
    command = ["warifu-wallet", "present", "-", "--home", tour.home("wallet"), "--yes", "--json", *options]
    return tour.company.call("wallet", command, secrets=PASSPHRASE, stdin=link + "\n")


def _result(tour: Tour, session: str) -> Outcome:
    return tour.company.call("verifier", ["warifu-verifier", "result", session, "--home", tour.home("verifier"), "--json"])


def _accepted(account: Account, tour: Tour, options: list[str]) -> dict[str, Any]:
    """Have a presentation accepted; returns the copies shown and the address that the bank read."""
    asked = _ask(tour)
    shown = _show(tour, asked["link"], options)
    account.say(shown.stderr.strip())
    if shown.code != 0:
        raise StepFailedError(f"the wallet's presentation ended with {shown.code}")
    result = _result(tour, asked["session"])
    if result.code != 0:
        raise StepFailedError(f"the bank's result ended with {result.code}\n{result.stdout}")
    reports = result.json()["results"]
    for identifier, found in reports.items():
        for report in found:
            passed = [str(step["name"]) for step in report["steps"] if step["result"] == "passed"]
            account.say(f"[{identifier}] {report['outcome']}: {' · '.join(passed)}")
    address = reports["record"][0]["claims"]["address"]["formatted"]
    return {"copies": shown.json()["copies"], "address": address}


def _move(tour: Tour) -> str:
    file = tour.folder / "inner" / "move.json"
    listed = tour.company.must("inner", ["warifu-issuer", "residents", "show", RESIDENT, "--home", tour.home("inner"), "--json"]).json()
    household = listed["items"]["household_id"]
    today = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 9 * 3600))
    file.write_text(
        f'{{"event_id": "demo-move-1", "type": "move-within", "event_date": "{today}", "filed_on": "{today}",'
        f' "household": "{household}", "address": {{"town": "新町二丁目", "block": "９番８号"}}}}',
        "utf-8",
    )
    return tour.company.must("inner", ["warifu-issuer", "residents", "event", str(file), "--home", tour.home("inner")]).stdout.strip()


def _refused(tour: Tour, copies: list[str]) -> str:
    """Show the old copies again until the bank refuses them as revoked; the tick and the purpose's age bound how long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    started = time.monotonic()
    options = ["--reuse"] + [word for copy in copies for word in ("--copy", copy)]
    while time.monotonic() < deadline:
        asked = _ask(tour)
        shown = _show(tour, asked["link"], options)
        result = _result(tour, asked["session"])
        if shown.code == 1 and result.code == 1:
            document = result.json()
            codes = {step["code"] for found in document["results"].values() for report in found for step in report["steps"] if step["code"]}
            if "revoked" not in " ".join(codes):
                raise StepFailedError(f"refused, but not as revoked: {codes}")
            return f"refused after {time.monotonic() - started:.1f} s: {', '.join(sorted(codes))}"
        if shown.code != 0:
            raise StepFailedError(f"the wallet's presentation ended with {shown.code}\n{shown.stderr}")
    raise StepFailedError(f"the old copies were still accepted after {PATIENCE_SECONDS:.0f} s: nothing revoked them")


def _refresh(tour: Tour) -> str:
    return tour.company.must("wallet", ["warifu-wallet", "refresh", "--home", tour.home("wallet")], secrets=PASSPHRASE).stdout.strip()
