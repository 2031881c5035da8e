"""A wallet, an inner side and a clock for the tests of the front: real keys, real messages, no sockets."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from runtime.signers import MemorySigner, generate_signer
from schemas.formats.encoding import dump_json
from schemas.messages import openid4vci as vci
from schemas.messages.dpop import build_dpop
from schemas.messages.jobs import (
    INTERNAL_PREFIX,
    IssuanceJob,
    JobResult,
    OfferRegistration,
    TxCodeRule,
    hash_code,
    hash_tx_code,
    parse_jobs,
    result_to_json,
)
from schemas.messages.key_proof import build_key_proof

ISSUER = "https://localhost:8443/999997"
HANDLE = "handle-of-a-resident-1"
CONFIGURATION = "resident-record-sd-jwt"
OTHER_CONFIGURATION = "basic-four-mdoc"
TX_CODE = "493817"


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def advance(self, **kwargs: float) -> None:
        self.at += timedelta(**kwargs)


@dataclass
class Wallet:
    """Speaks OpenID4VCI as a wallet does; every default can be replaced by something wrong."""

    http: httpx.AsyncClient
    clock: Clock
    signer: MemorySigner = field(default_factory=generate_signer)
    access_token: str = ""
    refresh_token: str = ""

    def url(self, endpoint: str) -> str:
        return f"{ISSUER}/{endpoint}"

    def dpop(self, endpoint: str, **changes: Any) -> str:
        values: dict[str, Any] = {"method": "POST", "url": self.url(endpoint), "iat": self.clock.at, "jti": secrets.token_hex(16)}
        return build_dpop(changes.pop("signer", self.signer), **values | changes)

    async def token(self, code: str, tx_code: str | None = TX_CODE, **headers: str) -> httpx.Response:
        form = vci.PreAuthorizedTokenRequest(code, tx_code).to_form()
        return await self.http.post(self.url("token"), data=form, headers={"DPoP": self.dpop("token")} | headers)

    async def sign_in(self, code: str) -> None:
        self.keep((await self.token(code)).raise_for_status())

    def keep(self, response: httpx.Response) -> None:
        answer = vci.parse_token_response(response.content)
        self.access_token, self.refresh_token = answer.access_token, answer.refresh_token or ""

    async def refresh(self, token: str | None = None, **dpop: Any) -> httpx.Response:
        form = vci.RefreshTokenRequest(token or self.refresh_token).to_form()
        return await self.http.post(self.url("token"), data=form, headers={"DPoP": self.dpop("token", **dpop)})

    async def nonce(self) -> str:
        return vci.parse_nonce_response((await self.http.post(self.url("nonce"))).raise_for_status().content)

    def proof(self, nonce: str, signer: MemorySigner | None = None, audience: str = ISSUER) -> str:
        return build_key_proof(signer or generate_signer(), audience=audience, nonce=nonce, iat=self.clock.at)

    async def request(self, *, copies: int = 1, configuration: str = CONFIGURATION, **changes: Any) -> dict[str, Any]:
        nonce = await self.nonce()
        proofs = [self.proof(nonce) for _ in range(copies)]
        return vci.credential_request(configuration, proofs, **changes).to_json()

    async def post(
        self, endpoint: str, body: bytes | dict[str, Any], *, media_type: str = "application/json", **changes: Any
    ) -> httpx.Response:
        token = changes.pop("access_token", self.access_token)
        headers = {
            "Authorization": f"DPoP {token}",
            "DPoP": self.dpop(endpoint, **{"access_token": token} | changes.pop("dpop", {})),
            "Content-Type": media_type,
        }
        content = body if isinstance(body, bytes) else dump_json(body)
        return await self.http.post(self.url(endpoint), content=content, headers=headers | changes)


Decide = Callable[[IssuanceJob], JobResult]


def copies_for(job: IssuanceJob) -> JobResult:
    """Issue something that tells which job and which proof it is for."""
    return vci.IssuedCredentials(tuple(f"{job.subject_handle}.{job.configuration_id}.{number}" for number in range(len(job.proofs))))


@dataclass
class Inner:
    """Acts as the inner side over the internal application."""

    http: httpx.AsyncClient
    clock: Clock
    seen: list[IssuanceJob] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def offer(self, *, tx_code: str | None = TX_CODE, life: float = 300, **changes: Any) -> str:
        """Register an offer and return its code."""
        code = secrets.token_urlsafe(32)
        rule = None if tx_code is None else TxCodeRule(hash_tx_code(tx_code, salt=secrets.token_bytes(16)), len(tx_code))
        values: dict[str, Any] = {
            "configuration_ids": (CONFIGURATION, "resident-record-mdoc"),
            "code_hash": hash_code(code),
            "expires_at": self.clock.at + timedelta(seconds=life),
            "subject_handle": HANDLE,
            "tx_code": rule,
        }
        registration = OfferRegistration(**values | changes)
        (await self.put(f"/offers/{secrets.token_urlsafe(16)}", dump_json(registration.to_json()))).raise_for_status()
        return code

    async def put(self, path: str, body: bytes, media_type: str = "application/json") -> httpx.Response:
        return await self.http.put(INTERNAL_PREFIX + path, content=body, headers={"Content-Type": media_type})

    async def jobs(self, wait: int = 0) -> tuple[IssuanceJob, ...]:
        jobs = parse_jobs((await self.http.get(f"{INTERNAL_PREFIX}/jobs?wait={wait}")).raise_for_status().content)
        self.seen += jobs
        return jobs

    async def result(self, job_id: str, result: JobResult) -> int:
        headers = {"Content-Type": "application/json"}
        path = f"{INTERNAL_PREFIX}/jobs/{job_id}/result"
        answer = await self.http.post(path, content=dump_json(result_to_json(result)), headers=headers)
        self.answers.append(answer.status_code)
        return answer.status_code

    async def work(self, decide: Decide = copies_for, *, wait: int = 5) -> None:
        """Answer the jobs of one pull."""
        for job in await self.jobs(wait):
            await self.result(job.job_id, decide(job))

    async def revoke(self, handle: str = HANDLE) -> None:
        (await self.http.post(f"{INTERNAL_PREFIX}/handles/{handle}/revoke")).raise_for_status()


def error_of(response: httpx.Response) -> tuple[int, str]:
    """Return status and error name of an OAuth answer, which is never cached and says nothing but that."""
    body = json.loads(response.content)
    assert body.keys() <= {"error", "error_description"}, body
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    return response.status_code, body["error"]


async def both(first: Any, second: Any) -> Any:
    """Run a wallet's request and the inner side's work at the same time; returns the first result."""
    return (await asyncio.gather(first, second))[0]
