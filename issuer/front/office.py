"""A front put together: store, settings, shared secrets, guards and the exchange, opened once for a process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from issuer.front.exchange import JobExchange
from issuer.front.metadata import authorization_server_metadata, issuer_metadata
from issuer.front.nonces import RANDOM_BYTES, NonceMint
from issuer.front.pace import FailurePace
from issuer.front.possession import PossessionGuard
from issuer.front.requests import RequestDesk
from issuer.front.settings import FrontSettings
from issuer.front.shared import nonce_secret, request_key
from issuer.front.tokens import RandomBytes, TokenMint
from schemas.formats.encoding import dump_json
from schemas.messages.jobs import new_identifier

STORE_PACKAGE = "issuer.store.front"


@dataclass(frozen=True, slots=True)
class FrontOffice:
    """Everything the two applications of a front work with."""

    engine: sa.Engine
    settings: FrontSettings
    exchange: JobExchange
    guard: PossessionGuard
    pace: FailurePace
    desk: RequestDesk
    tokens: TokenMint
    c_nonces: NonceMint
    request_key: Mapping[str, str]
    issuer_metadata: bytes
    server_metadata: bytes
    now: Callable[[], datetime]
    random: RandomBytes

    def new_nonce(self) -> str:
        """Return a nonce for key proofs."""
        return self.c_nonces.make(random=self.random(RANDOM_BYTES), at=self.now())

    def new_dpop_nonce(self) -> str:
        """Return a nonce for DPoP proofs."""
        return self.guard.nonces.make(random=self.random(RANDOM_BYTES), at=self.now())


def open_front(
    engine: sa.Engine,
    settings: FrontSettings,
    configurations: Mapping[str, Mapping[str, Any]],
    *,
    now: Callable[[], datetime],
    monotonic: Callable[[], float],
    random: RandomBytes,
) -> FrontOffice:
    """Put a front together on a migrated store.

    Args:
        configurations: what can be had, by credential configuration id.
        now: the clock, aware UTC.
        monotonic: seconds that never run backwards, for leases.
        random: gives a number of unpredictable bytes.
    """
    secret = nonce_secret(engine, random)
    c_nonces = NonceMint(secret, "c_nonce", settings.nonce_life)
    key = request_key(engine)
    return FrontOffice(
        engine=engine,
        settings=settings,
        exchange=JobExchange(
            new_id=lambda: new_identifier(random(16)),
            monotonic=monotonic,
            lease=settings.job_lease_seconds,
            limit=settings.max_waiting_jobs,
        ),
        guard=PossessionGuard(engine, NonceMint(secret, "dpop", settings.nonce_life), settings.require_dpop_nonce),
        pace=FailurePace(limit=settings.failed_tokens_per_minute, monotonic=monotonic),
        desk=RequestDesk(engine, settings.public_url, frozenset(configurations), settings.batch_size, c_nonces, random),
        tokens=TokenMint(settings.access_token_life, settings.grant_life, random),
        c_nonces=c_nonces,
        request_key=key,
        issuer_metadata=dump_json(
            issuer_metadata(settings, configurations, request_key={name: value for name, value in key.items() if name != "d"})
        ),
        server_metadata=dump_json(authorization_server_metadata(settings, list(configurations))),
        now=now,
        random=random,
    )
