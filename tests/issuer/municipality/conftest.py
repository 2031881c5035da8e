"""An inner side at work: a real store with a generated city, real keys of the declared world, and a front that remembers."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from issuer.municipality.credentials.cycle import Workshop
from issuer.municipality.credentials.profile import Profile, make_profile
from issuer.municipality.register import Municipality, own_register
from issuer.municipality.register.generate import generate
from issuer.municipality.register.importing import enter_records
from issuer.municipality.register.personas import City as RegisterCity
from issuer.store.municipality.issuing import subject_handle
from runtime.migrations import migrate
from runtime.signers import MemorySigner, generate_signer
from runtime.store import begin, open_engine
from schemas.errors import WarifuError
from schemas.formats.encoding import b64url_encode
from schemas.japan.ages import japan_day
from schemas.messages.jobs import IssuanceJob, JobResult, OfferRegistration
from schemas.messages.key_proof import build_key_proof
from schemas.trust import Anchors
from tests.world import AT, World

ALL = ("resident-record-sd-jwt", "resident-record-mdoc", "basic-four-sd-jwt", "basic-four-mdoc")


@dataclass
class RecordingFront:
    """The port to the front, remembering what it was told; ``gone`` answers as a front whose wallet has left."""

    offers: dict[str, OfferRegistration] = field(default_factory=dict)
    waiting: list[IssuanceJob] = field(default_factory=list)
    results: dict[str, JobResult] = field(default_factory=dict)
    published: dict[str, list[bytes]] = field(default_factory=dict)
    unsigned: bytes = b""
    signed: list[bytes] = field(default_factory=list)
    dead_handles: list[str] = field(default_factory=list)
    gone: bool = False

    def put_offer(self, offer_id: str, registration: OfferRegistration) -> None:
        self.offers[offer_id] = registration

    def jobs(self, *, wait: int) -> Sequence[IssuanceJob]:
        jobs, self.waiting = self.waiting, []
        return jobs

    def post_result(self, job_id: str, result: JobResult) -> None:
        if self.gone:
            raise WarifuError("nobody_waits", "the wallet no longer waits for this result")
        self.results[job_id] = result

    def put_status(self, name: str, media_type: str, body: bytes) -> None:
        self.published.setdefault(name, []).append(body)

    def metadata(self) -> bytes:
        return self.unsigned

    def put_metadata(self, body: bytes) -> None:
        self.signed.append(body)

    def revoke_handle(self, handle: str) -> None:
        self.dead_handles.append(handle)


@dataclass
class InnerSide:
    """Everything a test of the inner side touches."""

    world: World
    engine: sa.Engine
    workshop: Workshop
    profile: Profile
    front: RecordingFront
    at: datetime = AT

    def handle(self, resident_id: str, *, specials: Sequence[str] = (), configurations: Sequence[str] = ALL) -> str:
        """Open a right to fetch for one resident and return its handle."""
        name = secrets.token_urlsafe(24)
        with begin(self.engine) as connection:
            row = {"configurations": list(configurations), "special_items": list(specials), "actor": "test", "created_at": self.at}
            connection.execute(sa.insert(subject_handle).values(handle=name, resident_id=resident_id, **row))
        return name

    def job(
        self, handle: str, configuration_id: str, *, keys: Sequence[MemorySigner] | None = None, copies: int = 2, **changes: object
    ) -> IssuanceJob:
        """Return a job as the front would pass it on: fresh keys, proofs over one nonce."""
        nonce = secrets.token_urlsafe(16)
        chosen = keys or [generate_signer() for _ in range(copies)]
        proofs = tuple(build_key_proof(key, audience=self.profile.issuer, nonce=nonce, iat=self.at) for key in chosen)
        members: dict[str, object] = {
            "job_id": secrets.token_urlsafe(16),
            "subject_handle": handle,
            "configuration_id": configuration_id,
            "proofs": proofs,
            "audience": self.profile.issuer,
            "nonce": nonce,
            "idempotency_key": b64url_encode(secrets.token_bytes(32)),
            "received_at": self.at,
            "notification_id": secrets.token_urlsafe(16),
        }
        return IssuanceJob(**{**members, **changes})  # type: ignore[arg-type]  # members by name


@pytest.fixture
def inner(store_url: str) -> Iterator[InnerSide]:
    """An inner side of 割符市 with 40 generated households and the ten personas."""
    world = World()
    engine = open_engine(store_url)
    migrate(engine, "issuer.store.municipality")
    city = RegisterCity(world.warifu.code, world.warifu.name, "架空県", japan_day(AT))
    with begin(engine) as connection:
        own_register(connection, Municipality(city.code, city.name))
        enter_records(connection, list(generate(city, households=40, seed=7)), at=AT)
    profile = make_profile(
        issuer=world.warifu.issuer,
        code=city.code,
        name=city.name,
        prefecture="JP-13",
        vct_base="https://catalogue.example",
        doctype_prefix="example.catalogue",
    )
    workshop = Workshop(engine, profile, world.warifu.document_signer, Anchors((world.warifu.anchor,)))
    yield InnerSide(world, engine, workshop, profile, RecordingFront(), AT.astimezone(UTC))
    engine.dispose()
