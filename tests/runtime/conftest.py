"""Fixtures of the runtime's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from runtime import logs

from tests.runtime.stores import make_store


@pytest.fixture
def store(store_url: str) -> Iterator[sa.Engine]:
    """A store with the shared tables, on whichever engine this run is for."""
    engine = make_store(store_url)
    yield engine
    engine.dispose()


@pytest.fixture(autouse=True)
def _silent_log() -> Iterator[None]:
    """Leave no log sink behind for the next test."""
    yield
    logs._sink.stream = None
