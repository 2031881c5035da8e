"""The inner side's workers: issuing, revoking, publishing, signing metadata.  Each act is one call; the loops live here alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from issuer.keys import KeyRing
from issuer.keys.keyring import KeyRole
from issuer.municipality.credentials.cycle import Workshop
from issuer.municipality.credentials.jobs import work
from issuer.municipality.metadata import LOOK_SECONDS, MetadataDesk
from issuer.municipality.notices.worker import revocation_worker
from issuer.municipality.office import Office
from issuer.municipality.status.publish import publish_all
from runtime import logs
from schemas.errors import WarifuError
from schemas.trust import Anchors, TrustAnchor, TrustPurpose

#: Seconds that one question for jobs may stay open at the front.
POLL_SECONDS = 20
#: Seconds to wait after a failure before the next try.
PAUSE_SECONDS = 1.0
WORKERS = ("issuing", "revocation", "publishing", "metadata")


@dataclass(frozen=True, slots=True)
class Service:
    """What the workers work with."""

    office: Office
    workshop: Workshop
    ring: KeyRing
    now: Callable[[], datetime]

    def issue_waiting(self, *, wait: int = POLL_SECONDS) -> int:
        """Answer the jobs that wait at the front; returns how many."""
        return work(self.workshop, self.office.front, now=self.now, wait=wait)

    def revoke_due(self) -> int:
        """Act on the register's due changes; returns how many were dealt with."""
        return revocation_worker(self.office.engine, self.office.front).run_once(self.now()).done

    def publish(self) -> None:
        """Publish every status list once."""
        publish_all(
            self.office.engine,
            signer=self.ring.identity(KeyRole.STATUS_SIGNER),
            publish=self.office.front.put_status,
            at=self.now(),
            times=self.office.list_times,
            decoys=self.office.settings.status_decoys,
        )

    def metadata_desk(self) -> MetadataDesk:
        """Return what keeps the metadata signed; it remembers what it signed, so a process makes one."""
        settings = self.office.settings
        root = TrustAnchor(purposes=frozenset({TrustPurpose.METADATA}), certificate=self.ring.root, municipality=settings.municipality_code)
        names = frozenset({settings.municipality_name, settings.municipality_name_en} - {""})
        signer = self.ring.identity(KeyRole.METADATA_SIGNER)
        return MetadataDesk(self.office.front, self.office.profile, names, signer, Anchors((root,)), self.now)

    def loops(self, workers: tuple[str, ...]) -> list[Callable[[threading.Event], None]]:
        """Return the loops of the named workers; each runs until its event is set."""
        tick = self.office.settings.status_tick_seconds
        desk = self.metadata_desk()
        every: dict[str, Callable[[threading.Event], None]] = {
            "issuing": lambda stop: _repeat(stop, 0.0, self.issue_waiting, "issuing"),
            "revocation": lambda stop: _repeat(stop, min(tick, 1.0), self.revoke_due, "revocation"),
            "publishing": lambda stop: _repeat(stop, tick, self.publish, "publishing"),
            "metadata": lambda stop: _repeat(stop, LOOK_SECONDS, desk.renew, "metadata"),
        }
        return [every[name] for name in workers]


def _repeat(stop: threading.Event, interval: float, act: Callable[[], object], worker: str) -> None:
    """Run ``act`` until told to stop; a refusal is logged by its code and tried again, anything else ends the process."""
    while not stop.is_set():
        try:
            act()
            pause = interval
        except WarifuError as error:
            logs.warning("worker.failed", worker=worker, code=error.code)
            pause = max(interval, PAUSE_SECONDS)
        stop.wait(pause)
