"""Fixtures of the runtime's tests."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from runtime import logs, tls
from tests.runtime.stores import make_store


@pytest.fixture
def store(store_url: str) -> Iterator[sa.Engine]:
    """A store with the shared tables, on whichever engine this run is for."""
    engine = make_store(store_url)
    yield engine
    engine.dispose()


@pytest.fixture(autouse=True)
def _silent_log() -> Iterator[None]:
    """Leave neither sink nor handlers behind for the next test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    logs._sink.stream = None
    root.handlers[:] = handlers
    root.setLevel(level)


@dataclass(frozen=True)
class Certificates:
    """The development root of a run and what it issued."""

    root: Path
    server: tls.TlsFiles
    localhost_only: tls.TlsFiles
    client_ca: Path
    client: tls.TlsFiles
    other_client: tls.TlsFiles
    other_root: Path


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Made once: a root, servers, two client authorities with a client each, and a root that signed nothing here."""
    folder = tmp_path_factory.mktemp("tls")
    root = tls.create_dev_root(folder / "dev")
    authority = tls.create_client_ca(folder / "front")
    tls.create_client_ca(folder / "elsewhere")
    return Certificates(
        root=root.certificate,
        server=tls.issue_server_certificate(folder / "dev", into=folder / "front"),
        localhost_only=tls.issue_server_certificate(folder / "dev", ["localhost"], into=folder / "narrow"),
        client_ca=authority.certificate,
        client=tls.issue_client_certificate(folder / "front", "inner", into=folder / "inner"),
        other_client=tls.issue_client_certificate(folder / "elsewhere", "inner", into=folder / "stranger"),
        other_root=tls.create_dev_root(folder / "another-machine").certificate,
    )
