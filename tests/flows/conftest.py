"""A town and a wallet in it, fresh for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.holder import PASSPHRASE, Holder
from tests.flows.town import Town, build_town
from wallet.vault.vault import create_vault, opened


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with build_town(tmp_path) as built:
        yield built


@pytest.fixture
def absent_town(tmp_path: Path) -> Iterator[Town]:
    """A town whose front defers at once, since nobody answers."""
    with build_town(tmp_path, deferred_after=0, deferred_interval=1) as built:
        yield built


def holder_in(town: Town) -> Iterator[Holder]:
    home = town.folder / "wallet"
    create_vault(home, PASSPHRASE)
    with opened(home, PASSPHRASE) as vault:
        yield Holder(town, home, vault)


@pytest.fixture
def holder(town: Town) -> Iterator[Holder]:
    yield from holder_in(town)


@pytest.fixture
def waiting_holder(absent_town: Town) -> Iterator[Holder]:
    yield from holder_in(absent_town)
