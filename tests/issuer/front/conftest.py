"""A front on a fresh store, with its two applications."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from issuer.front.configurations import configurations
from issuer.front.office import STORE_PACKAGE, FrontOffice, open_front
from issuer.front.published import PublishedLists
from issuer.front.settings import FrontSettings
from issuer.front.signed import SignedMetadata
from issuer.web import front as public_side
from issuer.web import front_internal
from runtime.migrations import migrate
from runtime.store import open_engine
from schemas.credentials import catalogue
from tests.issuer.front.parties import ISSUER, Clock, Inner, Wallet


@dataclass
class Front:
    """A front under test and those who speak to it."""

    engine: sa.Engine
    office: FrontOffice
    lists: PublishedLists
    signed: SignedMetadata
    clock: Clock
    public: httpx.AsyncClient
    internal: httpx.AsyncClient

    def wallet(self) -> Wallet:
        return Wallet(self.public, self.clock)

    @property
    def inner(self) -> Inner:
        return Inner(self.internal, self.clock)


Start = Callable[..., Front]


@pytest.fixture
def engine(store_url: str) -> Iterator[sa.Engine]:
    engine = open_engine(store_url)
    migrate(engine, STORE_PACKAGE)
    yield engine
    engine.dispose()


@pytest.fixture
def start(engine: sa.Engine, store_url: str, tmp_path: Path) -> Start:
    """Return a function that puts a front together; settings can be given."""

    def build(**settings: Any) -> Front:
        clock = Clock()
        values: dict[str, Any] = {
            "public_url": ISSUER,
            "store_url": store_url,
            "municipality_code": "999997",
            "name_ja": "割符市",
            "name_en": "Warifu City",
            "deferred_after": 25.0,
        }
        chosen = FrontSettings(**values | settings)
        kinds = configurations(catalogue(chosen.vct_base, chosen.doctype_prefix))
        office = open_front(engine, chosen, kinds, now=clock.now, monotonic=clock.monotonic, random=secrets.token_bytes)
        lists = PublishedLists(tmp_path / "public" / "status", f"{ISSUER}/status")
        signed = SignedMetadata(tmp_path / "public" / "issuer-metadata.jwt", office.issuer_metadata)
        public, internal = public_side.create_app(office, lists, signed), front_internal.create_app(office, lists, signed)
        return Front(engine, office, lists, signed, clock, client(public), client(internal))

    return build


@pytest.fixture
def front(start: Start) -> Front:
    return start()


def client(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://localhost:8443")


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Run one coroutine to its end."""
    import asyncio

    return asyncio.run
