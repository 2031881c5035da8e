"""Single use: the second time is refused, whoever asks, however often, on both engines."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from runtime import single_use
from runtime.store import begin, read
from schemas.errors import WarifuError

AT = datetime(2026, 4, 1, tzinfo=UTC)
SOON = AT + timedelta(minutes=5)


def test_second_use_is_refused(store: sa.Engine) -> None:
    with begin(store) as connection:
        single_use.consume(connection, "nonce", "n-1", expires_at=SOON)
    with pytest.raises(WarifuError) as error, begin(store) as connection:
        single_use.consume(connection, "nonce", "n-1", expires_at=SOON)
    assert error.value.code == "replayed"
    assert "n-1" not in str(error.value)


def test_twice_in_one_transaction_is_refused_too(store: sa.Engine) -> None:
    with pytest.raises(WarifuError), begin(store) as connection:  # noqa: PT012 - the whole transaction is what must fail
        single_use.consume(connection, "nonce", "n-1", expires_at=SOON)
        single_use.consume(connection, "nonce", "n-1", expires_at=SOON)
    with begin(store) as connection:
        single_use.consume(connection, "nonce", "n-1", expires_at=SOON)


def test_refusal_leaves_the_transaction_usable(store: sa.Engine) -> None:
    """On PostgreSQL a failed statement would poison it, and the caller could not even write its audit line."""
    with begin(store) as connection:
        single_use.consume(connection, "nonce", "n-1", expires_at=SOON)
        with pytest.raises(WarifuError):
            single_use.consume(connection, "nonce", "n-1", expires_at=SOON)
        single_use.consume(connection, "nonce", "n-2", expires_at=SOON)


def test_lanes_are_apart_and_text_is_its_utf8(store: sa.Engine) -> None:
    with begin(store) as connection:
        single_use.consume(connection, "nonce", "割符", expires_at=SOON)
        single_use.consume(connection, "code", "割符", expires_at=SOON)
        assert single_use.used(connection, "nonce", "割符".encode())
        assert not single_use.used(connection, "jti", "割符")


def test_rolled_back_use_did_not_happen(store: sa.Engine) -> None:
    with pytest.raises(RuntimeError), begin(store) as connection:  # noqa: PT012 - the whole transaction is what must fail
        single_use.consume(connection, "nonce", "n-1", expires_at=SOON)
        raise RuntimeError
    with read(store) as connection:
        assert not single_use.used(connection, "nonce", "n-1")


def test_value_itself_is_not_stored(store: sa.Engine) -> None:
    with begin(store) as connection:
        single_use.consume(connection, "code", "the-secret-code", expires_at=SOON)
        row = connection.execute(sa.text("SELECT * FROM single_use")).one()
    assert b"the-secret-code" not in b"".join(bytes(item) if isinstance(item, bytes | memoryview) else str(item).encode() for item in row)
    assert len(bytes(row.key_hash)) == 32


def test_purge_forgets_only_what_has_expired(store: sa.Engine) -> None:
    with begin(store) as connection:
        single_use.consume(connection, "nonce", "old", expires_at=AT)
        single_use.consume(connection, "nonce", "new", expires_at=AT + timedelta(microseconds=1))
        assert single_use.purge(connection, AT) == 1
        assert not single_use.used(connection, "nonce", "old")
        assert single_use.used(connection, "nonce", "new")


def test_of_many_at_once_one_wins(store: sa.Engine) -> None:
    start = threading.Barrier(8)
    wins: list[int] = []
    refusals: list[str] = []

    def attempt(number: int) -> None:
        start.wait()
        try:
            with begin(store) as connection:
                single_use.consume(connection, "nonce", "contested", expires_at=SOON)
            wins.append(number)
        except WarifuError as error:
            refusals.append(error.code)

    threads = [threading.Thread(target=attempt, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wins) == 1
    assert refusals == ["replayed"] * 7
