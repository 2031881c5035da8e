"""Life of a record: an event revokes exactly the copies that attest what changed, and touches no neighbour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from issuer.municipality.credentials.cycle import issue
from issuer.municipality.notices.worker import revocation_worker
from issuer.municipality.register.events import apply_event, read_event
from issuer.municipality.register.history import latest
from issuer.store.municipality.issuing import credential_copy
from runtime.store import read
from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json
from tests.issuer.municipality.conftest import ALL, InnerSide

TODAY = "2026-04-01"


def apply(inner: InnerSide, event: Mapping[str, Any]) -> None:
    apply_event(inner.engine, read_event(dump_json({"event_id": "e-1", "event_date": TODAY, "filed_on": TODAY, **event})), at=inner.at)


def work(inner: InnerSide, *, days: int = 0) -> None:
    result = revocation_worker(inner.engine, inner.front).run_once(inner.at + timedelta(days=days))
    assert result.failures == ()


def revoked(inner: InnerSide) -> set[tuple[str, str, str]]:
    """Return (resident, type, format) of every revoked copy."""
    with read(inner.engine) as connection:
        query = sa.select(credential_copy.c.resident_id, credential_copy.c.type, credential_copy.c.format)
        return {tuple(row) for row in connection.execute(query.where(credential_copy.c.state == "revoked"))}  # type: ignore[misc]


def household_of(inner: InnerSide, resident: str) -> str:
    with read(inner.engine) as connection:
        return latest(connection, [resident], numbers=False)[resident].record.household_id


def kinds(*residents: str) -> set[tuple[str, str, str]]:
    pairs = [(kind, name) for kind in ("resident-record", "basic-four") for name in ("dc+sd-jwt", "mso_mdoc")]
    return {(resident, kind, name) for resident in residents for kind, name in pairs}


@pytest.fixture
def issued(inner: InnerSide) -> InnerSide:
    """P-01 and P-03 hold one copy of everything."""
    for resident in ("P-01", "P-03"):
        handle = inner.handle(resident)
        for configuration in ALL:
            issue(inner.workshop, inner.job(handle, configuration, copies=1), at=inner.at)
    return inner


def test_a_move_revokes_the_movers_copies_and_nobody_elses(issued: InnerSide) -> None:
    apply(issued, {"type": "move-within", "household": household_of(issued, "P-01"), "address": {"town": "新町", "block": "９番９号"}})
    assert revoked(issued) == set()
    work(issued)
    assert revoked(issued) == kinds("P-01")
    assert issued.front.dead_handles == []


def test_an_item_that_no_copy_attests_revokes_nothing(issued: InnerSide) -> None:
    apply(issued, {"type": "correction", "cause": "minor-amendment", "resident": "P-01", "items": {"national_pension": True}})
    work(issued)
    assert revoked(issued) == set()


def test_a_change_that_one_type_attests_leaves_the_other_alive(issued: InnerSide) -> None:
    apply(
        issued,
        {
            "type": "correction",
            "cause": "ex-officio-amendment",
            "resident": "P-01",
            "items": {"previous_address": "架空県隣町市本町９番地"},
        },
    )
    work(issued)
    assert revoked(issued) == {one for one in kinds("P-01") if one[1] == "resident-record"}


def test_a_name_change_revokes_everything_that_names_the_person(issued: InnerSide) -> None:
    apply(issued, {"type": "name-change", "resident": "P-03", "items": {"family_name": "割田", "family_name_kana": "ワリタ"}})
    work(issued)
    assert revoked(issued) == kinds("P-03")


def test_a_death_revokes_everything_and_the_right_to_fetch(issued: InnerSide) -> None:
    apply(issued, {"type": "death", "resident": "P-01", "death_date": "令和8年4月1日"})
    work(issued)
    assert revoked(issued) == kinds("P-01")
    assert len(issued.front.dead_handles) == 1
    with pytest.raises(WarifuError):
        issue(issued.workshop, issued.job(issued.handle("P-01"), ALL[0]), at=issued.at)


def test_moving_out_revokes_at_the_planned_day_and_not_on_filing(issued: InnerSide) -> None:
    event = {"type": "move-out", "residents": ["P-01"], "event_date": "2026-04-05", "destination": "架空県隣町市本町１番地"}
    apply(issued, event)
    work(issued)
    assert revoked(issued) == set()
    work(issued, days=2)
    assert revoked(issued) == set()
    work(issued, days=4)
    assert revoked(issued) == kinds("P-01")
    assert len(issued.front.dead_handles) == 1


def test_protection_revokes_everything_of_the_person_at_once(issued: InnerSide) -> None:
    apply(issued, {"type": "support-start", "residents": ["P-01"], "until": "2027-03-31"})
    work(issued)
    assert revoked(issued) == kinds("P-01")
    assert len(issued.front.dead_handles) == 1


def test_working_twice_changes_nothing(issued: InnerSide) -> None:
    apply(issued, {"type": "move-within", "household": household_of(issued, "P-01"), "address": {"town": "新町", "block": "９番９号"}})
    work(issued)
    before = revoked(issued)
    work(issued, days=1)
    assert revoked(issued) == before
