"""A whole town in one process: register, inner side, front, relying party and a wallet, meeting over ASGI alone.

Every part is the real one, with its own store; only the network is replaced, by a transport that hands requests to the
applications by origin, and the clock stands still until a test moves it.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from issuer.front.configurations import configurations
from issuer.front.office import STORE_PACKAGE, FrontOffice, open_front
from issuer.front.published import PublishedLists
from issuer.front.settings import FrontSettings
from issuer.front.signed import SignedMetadata
from issuer.municipality.credentials.cycle import Workshop
from issuer.municipality.credentials.jobs import work
from issuer.municipality.credentials.profile import Profile, make_profile
from issuer.municipality.frontier import FrontClient
from issuer.municipality.metadata import MetadataDesk
from issuer.municipality.offers import MadeOffer, create_offer
from issuer.municipality.register import Municipality, own_register
from issuer.municipality.register.importing import enter_records
from issuer.municipality.register.personas import City as RegisterCity
from issuer.municipality.register.personas import personas
from issuer.municipality.status.publish import ListTimes, publish_all
from issuer.web import front as public_side
from issuer.web import front_internal
from runtime.fetcher import GuardedFetcher
from runtime.migrations import migrate
from runtime.store import begin, open_engine
from schemas.credentials import catalogue
from schemas.japan.ages import japan_day
from schemas.messages.registration import Registration, build_registration
from schemas.trust import Anchors
from tests.runtime.asgi_bridge import AsgiBridge
from tests.world import AT, World
from verifier.flows import CreatedRequest, create_request
from verifier.office import Office, make_office
from verifier.purposes import Purpose, parse_purpose
from verifier.purposes.purpose import registered_purpose_of
from verifier.sessions import read_result
from verifier.web import public_app

FRONT = "https://warifu.example"
INTERNAL = "https://internal.warifu.example"
VERIFIER = "https://verifier.example"
CATALOGUE = catalogue("https://catalogue.example", "example.catalogue")
ALL = ("resident-record-sd-jwt", "resident-record-mdoc", "basic-four-sd-jwt", "basic-four-mdoc")
GAIJI = "P-01"
Handle = Callable[[httpx.Request], httpx.Response | None]
StoreUrls = Callable[[str], str]


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: datetime = AT

    def __call__(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def forward(self, **change: float) -> None:
        self.at += timedelta(**change)


class Wire(httpx.BaseTransport):
    """The network as a test wants it: ``interfere`` may answer, change or break any exchange before it arrives."""

    def __init__(self, bridge: AsgiBridge) -> None:
        self._bridge = bridge
        self.interfere: Handle | None = None
        self.alter: Callable[[httpx.Request, httpx.Response], httpx.Response] | None = None
        self.seen: list[httpx.Request] = []
        #: Released once for every request that makes a job, so that the inner side need not poll.
        self.jobs = threading.Semaphore(0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.seen.append(request)
        if request.url.path.endswith(("/credential", "/deferred_credential")):
            self.jobs.release()
        answer = self.interfere(request) if self.interfere is not None else None
        if answer is not None:
            return answer
        answer = self._bridge.handle_request(request)
        if self.alter is None:
            return answer
        answer.read()
        return self.alter(request, answer)

    @property
    def apps(self) -> dict[str, Any]:
        """The applications on this network, by origin."""
        return self._bridge.apps

    def down(self, origin: str) -> None:
        """Make one origin unreachable from now on."""

        def refuse(request: httpx.Request) -> httpx.Response | None:
            if str(request.url).startswith(origin):
                raise httpx.ConnectError("nobody answers", request=request)
            return None

        self.interfere = refuse

    def paths(self) -> list[str]:
        """Return method and path of everything that was sent."""
        return [f"{request.method} {request.url.path}" for request in self.seen]


@dataclass
class Town:
    """Everything that a flow touches."""

    world: World
    clock: Clock
    inner_engine: sa.Engine
    workshop: Workshop
    profile: Profile
    front: FrontOffice
    inner_front: FrontClient
    verifier: Office
    wire: Wire
    folder: Path
    extra_apps: dict[str, Any] = field(default_factory=dict)

    # -- the city -------------------------------------------------------------------------------------------------

    def offer(
        self, resident_id: str = GAIJI, *, configurations: Sequence[str] = ALL, tx_code: bool = False, specials: Collection[str] = ()
    ) -> MadeOffer:
        """Let staff make an offer."""
        return create_offer(
            self.inner_engine,
            self.inner_front,
            self.profile,
            resident_id=resident_id,
            configuration_ids=configurations,
            special_items=specials,
            with_tx_code=tx_code,
            actor="teller",
            at=self.clock(),
        )

    @contextmanager
    def issuing(self) -> Iterator[None]:
        """Keep the inner side at work while the block runs."""
        stop = threading.Event()
        failures: list[BaseException] = []

        def loop() -> None:
            try:
                while self.wire.jobs.acquire() and not stop.is_set():
                    work(self.workshop, self.inner_front, now=self.clock, wait=1)
            except BaseException as error:  # a thread's failure must reach the test
                failures.append(error)

        thread = threading.Thread(target=loop)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            self.wire.jobs.release()
            thread.join()
            self.wire.jobs = threading.Semaphore(0)
        if failures:
            raise failures[0]

    def let_the_front_wait(self) -> None:
        """Let the front wait for the inner side from now on, instead of deferring at once."""
        object.__setattr__(self.front, "settings", self.front.settings.model_copy(update={"deferred_after": 25.0}))

    def publish(self) -> None:
        """Publish every status list."""
        publish_all(
            self.inner_engine,
            signer=self.world.warifu.status_signer,
            publish=self.inner_front.put_status,
            at=self.clock(),
            times=ListTimes(),
            decoys=0,
        )

    def sign_metadata(self) -> bool:
        """Let the inner side look at its front's metadata and sign it."""
        city = self.world.warifu
        names = frozenset({city.name, "Warifu City"})
        anchors = Anchors((city.anchor,))
        return MetadataDesk(self.inner_front, self.profile, names, city.metadata_signer, anchors, self.clock).renew()

    # -- the relying party ----------------------------------------------------------------------------------------

    def ask(self, purpose: str = "plain", flow: str = "cross-device") -> CreatedRequest:
        """Begin a session."""
        return create_request(self.verifier, self.verifier.purpose(purpose), flow=flow, actor="clerk", at=self.clock())  # type: ignore[arg-type]  # one of two words

    def result(self, request: CreatedRequest) -> dict[str, Any]:
        """Read a session's result."""
        with begin(self.verifier.engine) as connection:
            return read_result(connection, request.session, "clerk", self.clock())

    # -- the wallet -----------------------------------------------------------------------------------------------

    def fetcher(self) -> GuardedFetcher:
        """The guarded fetcher over the wire of this town."""
        return GuardedFetcher(transport=self.wire)

    @property
    def anchors(self) -> Anchors:
        """Whom a wallet trusts: the city as issuer, the registrar for relying parties."""
        return Anchors([self.world.warifu.anchor, self.world.registrar_anchor])


RECORD = {"id": "record", "type": "resident-record", "format": "dc+sd-jwt", "claims": ["name", "birthdate", "address.prefecture"]}
CARD = {**RECORD, "id": "card", "format": "mso_mdoc"}
FOUR = {"id": "four", "type": "basic-four", "format": "mso_mdoc", "claims": ["name"]}


def purposes() -> dict[str, Purpose]:
    """Return what the relying party asks for in the tests."""

    def make(name: str, *credentials: dict[str, Any], **more: Any) -> Purpose:
        text = {"ja": f"本人確認（{name}）", "en": f"Checking who you are ({name})"}
        return parse_purpose({"name": name, "text": text, "credentials": list(credentials), **more}, CATALOGUE)

    either = [{"options": [["card"], ["record"]]}]
    every = [
        make("plain", RECORD),
        make("card", CARD),
        make("clear", RECORD, response_mode="direct_post"),
        make("clear-card", CARD, response_mode="direct_post"),
        make("either", RECORD, CARD, credential_sets=either),
        make("two", RECORD, FOUR),
        make("bare", {**RECORD, "claims": []}),
        make("adult", {**RECORD, "claims": ["age_over_18"], "values": {"age_over_18": [True]}}),
        make("unheld", {**RECORD, "claims": ["name", "nationality"]}),
    ]
    return {purpose.name: purpose for purpose in every}


def registrations(world: World, chosen: Sequence[Purpose], client_id: str, **changes: Any) -> dict[str, str]:
    """Return the registrar's statement for each purpose."""
    signer, at = world.registrar_signer, world.at
    fields: dict[str, Any] = {"client_id": client_id, "name": world.bank.name, "expires_at": at + timedelta(days=90)} | changes
    return {
        one.name: build_registration(
            Registration(purposes=(registered_purpose_of(one),), **fields), signer=signer.signer, chain_der=signer.chain_der, issued_at=at
        )
        for one in chosen
    }


@contextmanager
def build_town(folder: Path, *, stores: StoreUrls | None = None, deferred_after: float = 25.0, **front_settings: Any) -> Iterator[Town]:
    """Put a town together in ``folder``; ``front_settings`` change the front's.

    Args:
        stores: gives the URL of the empty store of ``inner``, ``front`` and ``verifier``; SQLite files in ``folder`` where None.
    """
    world, clock = World(), Clock()
    store_of: StoreUrls = stores or (lambda name: f"sqlite:///{folder / name}.db")
    inner_engine, profile, workshop = _inner_side(store_of("inner"), world)
    front, lists, signed = _front(folder, world, clock, store_url=store_of("front"), deferred_after=deferred_after, **front_settings)
    with AsgiBridge({}) as bridge:
        wire = Wire(bridge)
        verifier = _verifier(store_of("verifier"), world, clock, wire)
        bridge.apps |= {
            FRONT: public_side.create_app(front, lists, signed),
            INTERNAL: front_internal.create_app(front, lists, signed),
            VERIFIER: public_app(verifier),
        }
        inner_front = FrontClient(GuardedFetcher(transport=bridge), INTERNAL)
        yield Town(world, clock, inner_engine, workshop, profile, front, inner_front, verifier, wire, folder)
    for engine in (inner_engine, front.engine, verifier.engine):
        engine.dispose()


def _inner_side(store_url: str, world: World) -> tuple[sa.Engine, Profile, Workshop]:
    engine = open_engine(store_url)
    migrate(engine, "issuer.store.municipality")
    city = RegisterCity(world.warifu.code, world.warifu.name, "架空県", japan_day(world.at))
    with begin(engine) as connection:
        own_register(connection, Municipality(city.code, city.name))
        enter_records(connection, personas(city), at=world.at)
    profile = make_profile(
        issuer=world.warifu.issuer,
        code=city.code,
        name=city.name,
        prefecture="JP-13",
        vct_base="https://catalogue.example",
        doctype_prefix="example.catalogue",
    )
    return engine, profile, Workshop(engine, profile, world.warifu.document_signer, Anchors((world.warifu.anchor,)))


def _front(folder: Path, world: World, clock: Clock, **changes: Any) -> tuple[FrontOffice, PublishedLists, SignedMetadata]:
    values: dict[str, Any] = {
        "public_url": world.warifu.issuer,
        "municipality_code": world.warifu.code,
        "name_ja": "割符市",
        "name_en": "Warifu City",
    }
    settings = FrontSettings(**values | changes)
    engine = open_engine(settings.store_url)
    migrate(engine, STORE_PACKAGE)
    office = open_front(engine, settings, configurations(CATALOGUE), now=clock, monotonic=clock.monotonic, random=secrets.token_bytes)
    lists = PublishedLists(folder / "status", f"{world.warifu.issuer}/status")
    return office, lists, SignedMetadata(folder / "issuer-metadata.jwt", office.issuer_metadata)


def _verifier(store_url: str, world: World, clock: Clock, wire: Wire) -> Office:
    chosen = purposes()
    return make_office(
        public_url=VERIFIER,
        engine=open_engine(store_url),
        anchors=world.anchors,
        client_id=world.audience,
        identity=world.bank.identity,
        types=CATALOGUE,
        purposes=chosen,
        fetcher=GuardedFetcher(transport=wire),
        registrations=registrations(world, list(chosen.values()), world.audience),
        now=clock,
    )
