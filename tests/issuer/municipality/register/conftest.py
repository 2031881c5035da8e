"""A register of the fictional city with its ten personas, on whichever store this run is for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from runtime.store import begin
from tests.issuer.municipality.register.registers import empty_register, with_personas


@pytest.fixture
def empty(store_url: str) -> Iterator[sa.Engine]:
    """A migrated store that belongs to 999997 and holds nobody."""
    engine = empty_register(store_url)
    yield engine
    engine.dispose()


@pytest.fixture
def register(empty: sa.Engine) -> sa.Engine:
    """The ten personas and their households."""
    with begin(empty) as connection:
        with_personas(connection)
    return empty
