"""Requests that no wallet of ours would send, and the inner side driven from its two ends: staff and front."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import FastAPI

from issuer.municipality.offers import MadeOffer
from issuer.municipality.office import CLIENT_CERTIFICATE, CLIENT_KEY, Office
from issuer.municipality.settings import InnerSettings
from issuer.store.municipality.issuing import subject_handle
from runtime import tls
from runtime.settings import write_config
from runtime.signers import MemorySigner, generate_signer
from runtime.store import read
from schemas.messages.dpop import build_dpop
from schemas.messages.jobs import IssuanceJob, JobError
from schemas.messages.key_proof import build_key_proof
from schemas.messages.openid4vci import CredentialOffer, credential_request, parse_offer_link
from tests.flows.town import INTERNAL, Town
from tests.issuer.municipality.conftest import RecordingFront

ONE = ["basic-four-sd-jwt"]


def code_of(made: MadeOffer) -> str:
    """Return the pre-authorized code of an offer."""
    offer = parse_offer_link(made.link)
    assert isinstance(offer, CredentialOffer)
    return offer.pre_authorized_code or ""


@dataclass
class Stranger:
    """Speaks to a front without a wallet's good manners; every part of a request can be replaced."""

    town: Town
    signer: MemorySigner = field(default_factory=generate_signer)
    access_token: str = ""

    def dpop(self, endpoint: str, **changes: Any) -> str:
        """Return a DPoP proof for ``endpoint``."""
        values: dict[str, Any] = {"method": "POST", "iat": self.town.clock(), "jti": secrets.token_hex(16)}
        values["url"] = self.town.front.settings.endpoint(endpoint)
        return build_dpop(self.signer, **values | changes)

    def post(self, endpoint: str, *, dpop: str | None = None, **content: Any) -> httpx.Response:
        """Send a request with a DPoP proof and, where there is one, the access token."""
        bound = {"access_token": self.access_token} if self.access_token else {}
        headers = {"DPoP": dpop or self.dpop(endpoint, **bound)}
        headers |= {"Authorization": f"DPoP {self.access_token}"} if self.access_token else {}
        return self.client().post(self.town.front.settings.endpoint(endpoint), headers=headers, **content)

    def client(self) -> httpx.Client:
        """Return a client on the town's wire."""
        return httpx.Client(transport=self.town.wire, timeout=30)

    def token(self, code: str, tx_code: str | None = None, *, dpop: str | None = None) -> httpx.Response:
        """Redeem a code; the access token is kept where there is one."""
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:pre-authorized_code", "pre-authorized_code": code}
        answer = self.post("token", dpop=dpop, data=form | ({} if tx_code is None else {"tx_code": tx_code}))
        if answer.status_code == 200:
            self.access_token = answer.json()["access_token"]
        return answer

    def nonce(self) -> str:
        """Return a fresh nonce for key proofs."""
        return str(self.client().post(self.town.front.settings.endpoint("nonce")).json()["c_nonce"])

    def proof(self, nonce: str, **changes: Any) -> str:
        """Return a key proof by a new key."""
        values: dict[str, Any] = {"audience": self.town.front.settings.public_url, "nonce": nonce, "iat": self.town.clock()} | changes
        return build_key_proof(generate_signer(), **values)

    def credential(self, proofs: Sequence[str], configuration: str = "basic-four-sd-jwt", **changes: Any) -> httpx.Response:
        """Ask for credentials while the inner side is at work."""
        with self.town.issuing():
            return self.post("credential", json=credential_request(configuration, proofs).to_json(), **changes)


def signed_in(town: Town, **offer: Any) -> Stranger:
    """Return a stranger with an access token for a fresh offer."""
    stranger = Stranger(town)
    assert stranger.token(code_of(town.offer(**offer))).status_code == 200
    return stranger


# ---- the inner side, from its two ends


def staff_answer(app: FastAPI, body: dict[str, Any], key: str) -> httpx.Response:
    """Ask the back office of an inner side for an offer."""

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://staff.test") as client:
            return await client.post("/api/v1/offers", json=body, headers={"authorization": f"Bearer {key}"})

    return asyncio.run(ask())


def told(front: RecordingFront) -> str:
    """Return the one error that the inner side answered, in the words of the document."""
    (result,) = front.results.values()
    assert isinstance(result, JobError)
    return f"job error `{result.code}`"


def job_of(town: Town, **changes: Any) -> IssuanceJob:
    """Return the job that a front would make of a good request, or of a captured front's changes to it."""
    town.offer(configurations=ONE)
    with read(town.inner_engine) as connection:
        handle = str(connection.scalar(sa.select(subject_handle.c.handle)))
    stranger, word = Stranger(town), "n" * 22
    values: dict[str, Any] = {
        "job_id": "j" * 22,
        "subject_handle": handle,
        "configuration_id": ONE[0],
        "proofs": (stranger.proof(word),),
        "audience": town.front.settings.public_url,
        "nonce": word,
        "idempotency_key": "k" * 43,
        "received_at": town.clock(),
        "notification_id": "o" * 22,
    }
    return IssuanceJob(**values | changes)


def with_broken_signature(token: str) -> str:
    """Return a JWT whose signature was changed."""
    head, _, signature = token.rpartition(".")
    return f"{head}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


def inner_home(town: Town, store_url: str) -> Path:
    """Write the home of the town's inner side, for its commands."""
    folder = town.folder / "inner"
    folder.mkdir()
    tls.create_client_ca(folder)
    client = tls.issue_client_certificate(folder, "inner side", into=folder)
    client.certificate.rename(folder / CLIENT_CERTIFICATE)
    client.key.rename(folder / CLIENT_KEY)
    world = town.world.warifu
    names = {"municipality_code": world.code, "municipality_name": world.name, "issuer": world.issuer, "front_url": INTERNAL}
    write_config(folder, {**names, "store_url": store_url})
    return folder


def inner_office(town: Town) -> Office:
    """Return the town's inner side as its commands and routes see it."""
    world = town.world.warifu
    settings = InnerSettings(municipality_code=world.code, municipality_name=world.name, issuer=world.issuer, front_url=INTERNAL)
    return Office(Path(), settings, town.inner_engine, town.profile, town.inner_front)
