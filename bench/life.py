"""The life of a whole city: issue over HTTPS, apply events, and recompute from the history who must be revoked."""

from __future__ import annotations

import base64
import json
import secrets
import ssl
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import cbor2
import httpx
import sqlalchemy as sa

from bench.events import EventMaker
from demo.company import Tour
from issuer.municipality.office import Office, open_office
from issuer.municipality.register.events import apply_event, read_event
from issuer.municipality.register.history import latest
from issuer.store.municipality.issuing import credential_copy
from runtime import clock, outbox
from runtime.fetcher import GuardedFetcher
from runtime.store import read
from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json
from schemas.messages.openid4vci import CredentialOffer, PreAuthorizedTokenRequest, parse_offer_link
from schemas.trust import Anchors
from wallet.receive.client import Access, IssuanceClient
from wallet.vault.content import HolderKey

COPIES = 2
CONFIGURATIONS = ("resident-record-sd-jwt", "basic-four-mdoc")


@dataclass
class Received:
    """What one resident's wallet holds: (status uri, index) of each copy, by type."""

    resident_id: str
    places: list[tuple[str, str, int]] = field(default_factory=list)


class CityLife:
    """One run: the servers of the tour, a client for many wallets, and the office's store to apply events to."""

    def __init__(self, folder: Path, *, households: int, seed: int) -> None:
        self.tour = Tour(folder)
        self.households, self.seed = households, seed
        self.staff_key = ""

    def start(self) -> Office:
        """Set the city up, take in its residents and serve."""
        outcome = self.tour.init_municipality()
        self.staff_key = next(line.split()[-1] for line in outcome.splitlines() if line.strip().startswith("staff-key"))
        command = ["warifu-issuer", "residents", "generate", "--home", self.tour.home("inner")]
        self.tour.company.must("inner", [*command, "--households", str(self.households), "--seed", str(self.seed)])
        self.tour.start_front()
        self.tour.start_inner()
        return open_office(self.tour.folder / "inner")

    def fetcher(self) -> GuardedFetcher:
        """Return a client that trusts the tour's TLS root."""
        origins = frozenset({self.tour.addresses.url("front"), self.tour.addresses.url("staff")})
        return GuardedFetcher(allowed_dev_origins=origins, ca_file=self.tour.tls / "root.pem", timeout=60)

    def issue_to(self, residents: list[str]) -> list[Received]:
        """Fetch copies for every resident over HTTPS, four wallets at a time; refused residents are left out."""
        with ThreadPoolExecutor(max_workers=4) as pool:
            return [one for one in pool.map(self._one_wallet, residents) if one is not None]

    def _one_wallet(self, resident_id: str) -> Received | None:
        with self.fetcher() as fetcher:
            body = {"resident_id": resident_id, "configuration_ids": list(CONFIGURATIONS), "tx_code": False}
            url = self.tour.addresses.url("staff") + "/api/v1/offers"
            made = fetcher.post_json(url, body, {"authorization": f"Bearer {self.staff_key}"})
            if made.status == 403:
                return None  # 支援措置 or 転出予定: the counter's affair
            if made.status != 201:
                raise WarifuError("offer_failed", f"the staff listener answered {made.status} {made.json().get('code')}")
            offer = parse_offer_link(made.json()["credential_offer_uri"])
            assert isinstance(offer, CredentialOffer)
            return self._redeem(fetcher, resident_id, offer)

    def _redeem(self, fetcher: GuardedFetcher, resident_id: str, offer: CredentialOffer) -> Received:
        client = IssuanceClient(fetcher, now=clock.now)
        endpoints = client.endpoints(offer.credential_issuer, anchors=Anchors(()))
        dpop = HolderKey.fresh().signer()
        token = client.token(endpoints, PreAuthorizedTokenRequest(offer.pre_authorized_code or ""), dpop_key=dpop)
        access = Access(endpoints, token.access_token, dpop)
        received = Received(resident_id)
        keys = [HolderKey.fresh().signer() for _ in range(COPIES)]
        for name in CONFIGURATIONS:
            issued = client.credentials(access, name, keys, encrypted=False)
            kind = name.rsplit("-", 2)[0] if name.endswith("sd-jwt") else name.rsplit("-", 1)[0]
            received.places += [(kind, *place_of(name, text)) for text in getattr(issued, "credentials", ())]
        return received


def place_of(configuration: str, text: str) -> tuple[str, int]:
    """Return (uri, index) of a credential's status, read here without our own parsers."""
    if configuration.endswith("sd-jwt"):
        status = json.loads(_unb64(text.split(".")[1]))["status"]["status_list"]
    else:
        issuer_auth = cbor2.loads(_unb64(text))["issuerAuth"]
        status = cbor2.loads(cbor2.loads(issuer_auth[2]).value)["status"]["status_list"]
    return status["uri"], status["idx"]


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def apply_events(office: Office, *, count: int, seed: int, residents: list[str]) -> Counter[str]:
    """Apply ``count`` events drawn by ``seed``; an event that the register refuses is drawn anew."""
    maker, applied = EventMaker(seed, residents), Counter[str]()
    while sum(applied.values()) < count:
        with read(office.engine) as connection:
            record = latest(connection, [maker.next_resident()])
        event = maker.event_for(next(iter(record.values())).record)
        try:
            apply_event(office.engine, read_event(dump_json(event)), at=clock.now())
        except WarifuError as error:
            applied[f"refused:{error.code}"] += 0
            continue
        applied[str(event["type"])] += 1
    return applied


def waiting(office: Office) -> int:
    """Return how many entries of the outbox are due and not done."""
    with read(office.engine) as connection:
        return outbox.backlog(connection, clock.now()).due


#: Columns of the history that each type rests on, written down here a second time on purpose: an oracle copies nothing.
NAMES = ("family_name", "given_name", "latin_name", "family_name_kana", "given_name_kana", "kana_certified")
FORMER = ("former_family_name", "former_family_name_kana", "former_kana_certified")
WHERE = ("address_postal_code", "address_prefecture", "address_city", "address_town", "address_block", "address_building")
BIRTH = ("birth_date_text", "birth_date_edtf")
FOUR = (*NAMES, *FORMER, "alias", *WHERE, *BIRTH, "sex")
DATES = tuple(
    f"{name}_{form}" for name in ("became_resident_on", "became_foreign_resident_on", "address_set_on") for form in ("text", "edtf")
)
COLUMNS = {"basic-four": FOUR, "resident-record": (*FOUR, *DATES, "address_reported_on", "previous_address")}
JAPANESE_ONLY = {*FORMER, "became_resident_on_text", "became_resident_on_edtf"}
FOREIGN_ONLY = {"alias", "latin_name", "became_foreign_resident_on_text", "became_foreign_resident_on_edtf"}


def must_be_revoked(office: Office) -> dict[str, bool]:
    """Return for every delivered copy whether the history since its version demands its end."""
    with office.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT * FROM resident_history ORDER BY resident_id, history_number")).mappings().all()
        copies = connection.execute(sa.select(credential_copy).where(credential_copy.c.delivered_at.is_not(None))).mappings().all()
    history: dict[str, list[Any]] = {}
    for row in rows:
        history.setdefault(row["resident_id"], []).append(row)
    return {copy["credential_id"]: _ended(history[copy["resident_id"]], copy["type"], copy["record_version"]) for copy in copies}


def _ended(versions: list[Any], kind: str, issued_from: int) -> bool:
    since = [row for row in versions if row["history_number"] >= issued_from]
    tomorrow = (clock.now() + timedelta(hours=9)).date().isoformat()
    last = since[-1]
    planned = last["moving_out_on"] is not None and str(last["moving_out_on"]) <= tomorrow
    if last["status"] not in ("resident", "moving_out") or last["support_state"] != "none" or planned:
        return True
    return any(_differ(before, after, kind) for before, after in _pairs(since))


def _pairs(rows: list[Any]) -> Iterator[tuple[Any, Any]]:
    return pairwise(rows)


def _differ(before: Any, after: Any, kind: str) -> bool:
    left_out = FOREIGN_ONLY - {"latin_name"} if after["kind"] == "japanese" else JAPANESE_ONLY
    return after["support_state"] != "none" or any(before[name] != after[name] for name in COLUMNS[kind] if name not in left_out)


def bits_of(tour: Tour, uri: str) -> bytes:
    """Fetch a published list over HTTPS and return its bits, read here without our own parsers."""
    body = httpx.get(uri, verify=ssl.create_default_context(cafile=str(tour.tls / "root.pem")), trust_env=False).content
    if uri.endswith(".jwt"):
        return zlib.decompress(_unb64(json.loads(_unb64(body.decode().split(".")[1]))["status_list"]["lst"]))
    return zlib.decompress(cbor2.loads(cbor2.loads(body).value[2])[65533]["lst"])


def fresh_folder(base: Path) -> Path:
    """Return a new folder under ``base``."""
    folder = base / f"life-{secrets.token_hex(4)}"
    folder.mkdir(parents=True, mode=0o700)
    return folder
