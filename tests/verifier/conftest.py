"""A verifier in process: real store, real applications over ASGI, the world's credentials, a status server in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from runtime.store import begin, open_engine
from schemas.messages.openid4vp import AuthorizationRequest
from tests.runtime.asgi_bridge import AsgiBridge
from tests.verifier.parts import (
    CATALOGUE,
    MDOC_CREDENTIAL,
    OFFICE_URL,
    PUBLIC_URL,
    SD_JWT_CREDENTIAL,
    Clock,
    ListServer,
    TestWallet,
    make_purpose,
    path_of,
)
from tests.world import World
from verifier.keys import SCOPES, create_key
from verifier.office import Office, make_office
from verifier.web import office_app, public_app


@pytest.fixture(scope="session")
def world() -> World:
    return World()


@pytest.fixture
def clock(world: World) -> Clock:
    return Clock(world.at)


@pytest.fixture
def lists(world: World, clock: Clock) -> ListServer:
    server = ListServer(clock)
    for city in world.cities:
        server.publish(city)
    return server


@pytest.fixture
def office(world: World, clock: Clock, lists: ListServer, store_url: str) -> Iterator[Office]:
    engine = open_engine(store_url)
    either = [{"options": [["record"], ["card"]]}]
    purposes = [
        make_purpose(name="plain"),
        make_purpose(MDOC_CREDENTIAL, name="card"),
        make_purpose(SD_JWT_CREDENTIAL, MDOC_CREDENTIAL, name="either", credential_sets=either),
        make_purpose(SD_JWT_CREDENTIAL, MDOC_CREDENTIAL, name="both"),
        make_purpose(SD_JWT_CREDENTIAL, MDOC_CREDENTIAL, name="any-holder", same_holder=False),
        make_purpose(name="clear", response_mode="direct_post"),
        make_purpose(name="fresh", max_status_age=0),
        make_purpose(name="tolerant", accept_undetermined_status=True),
        make_purpose(name="parents", holder_relations=["parent"]),
    ]
    made = make_office(
        public_url=PUBLIC_URL,
        engine=engine,
        anchors=world.anchors,
        identity=world.bank.identity,
        client_id=world.audience,
        types=CATALOGUE,
        purposes={purpose.name: purpose for purpose in purposes},
        fetcher=lists.fetcher(),
        now=clock,
    )
    yield made
    engine.dispose()


@dataclass
class Desk:
    """The back office's client and the public listener's, with the wallet between them."""

    office: Office
    back: httpx.Client
    public: httpx.Client
    wallet: TestWallet

    def create(self, purpose: str = "plain", flow: str = "cross-device", **members: Any) -> dict[str, Any]:
        answer = self.back.post("/api/v1/sessions", json={"purpose": purpose, "flow": flow, **members})
        assert answer.status_code == 201, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def request(self, created: dict[str, Any]) -> AuthorizationRequest:
        fetched = self.public.get(path_of(created["request_uri"]))
        assert fetched.status_code == 200, fetched.text
        return self.wallet.read(created["link"], fetched.text)

    def post(self, request: AuthorizationRequest, form: dict[str, str] | None = None) -> Any:
        return self.public.post(path_of(request.response_uri), data=form or self.wallet.form(request))

    def result(self, created: dict[str, Any]) -> dict[str, Any]:
        answer = self.back.post(f"/api/v1/sessions/{created['session']}/result")
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document


@pytest.fixture
def bridge() -> Iterator[AsgiBridge]:
    with AsgiBridge({}) as made:
        yield made


@pytest.fixture
def desk(office: Office, world: World, clock: Clock, bridge: AsgiBridge) -> Desk:
    with begin(office.engine) as connection:
        key = create_key(connection, actor="teller", scopes=SCOPES, at=clock())
    bridge.apps |= {OFFICE_URL: office_app(office), PUBLIC_URL: public_app(office)}
    back = httpx.Client(transport=bridge, base_url=OFFICE_URL, headers={"authorization": f"Bearer {key}"})
    return Desk(office, back, httpx.Client(transport=bridge, base_url=PUBLIC_URL), TestWallet(world, clock))
