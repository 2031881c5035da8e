"""What the inner side asks of its front, over the front's mutual-TLS listener (design 1: it reaches out, nothing reaches in)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from runtime.fetcher import Fetched, GuardedFetcher
from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json
from schemas.messages.jobs import INTERNAL_PREFIX, MAX_RESULT_BYTES, IssuanceJob, JobResult, OfferRegistration, parse_jobs, result_to_json
from schemas.messages.openid4vci import MAX_METADATA_BYTES, SIGNED_METADATA_MEDIA_TYPE


class Front(Protocol):
    """The front as the inner side sees it."""

    def put_offer(self, offer_id: str, registration: OfferRegistration) -> None:
        """Make an offer redeemable."""
        ...

    def jobs(self, *, wait: int) -> Sequence[IssuanceJob]:
        """Return the jobs that wait, after at most ``wait`` seconds."""
        ...

    def post_result(self, job_id: str, result: JobResult) -> None:
        """Hand over a result; raises ``nobody_waits`` where the wallet has gone."""
        ...

    def put_status(self, name: str, media_type: str, body: bytes) -> None:
        """Publish a status list under ``name``."""
        ...

    def metadata(self) -> bytes:
        """Return the issuer metadata as the front serves it unsigned."""
        ...

    def put_metadata(self, body: bytes) -> None:
        """Publish the signed issuer metadata."""
        ...

    def revoke_handle(self, handle: str) -> None:
        """Let every token of a handle die."""
        ...


class FrontClient:
    """:class:`Front` over HTTPS with the inner side's client certificate.

    Every call raises what :class:`runtime.fetcher.GuardedFetcher` raises, and ``front_refused`` where the front answers
    with anything but success.
    """

    def __init__(self, fetcher: GuardedFetcher, base_url: str) -> None:
        self._fetcher = fetcher
        self._base = base_url.rstrip("/") + INTERNAL_PREFIX

    def put_offer(self, offer_id: str, registration: OfferRegistration) -> None:
        """Make an offer redeemable."""
        self._send("PUT", f"/offers/{offer_id}", dump_json(registration.to_json()))

    def jobs(self, *, wait: int) -> Sequence[IssuanceJob]:
        """Return the jobs that wait, after at most ``wait`` seconds."""
        answer = self._fetcher.request("GET", f"{self._base}/jobs?wait={wait}", timeout=wait + 10.0, max_bytes=MAX_RESULT_BYTES)
        self._check(answer)
        return parse_jobs(answer.body)

    def post_result(self, job_id: str, result: JobResult) -> None:
        """Hand over a result; raises ``nobody_waits`` where the wallet has gone."""
        self._send("POST", f"/jobs/{job_id}/result", dump_json(result_to_json(result)))

    def put_status(self, name: str, media_type: str, body: bytes) -> None:
        """Publish a status list under ``name``."""
        self._send("PUT", f"/status/{name}", body, media_type)

    def metadata(self) -> bytes:
        """Return the issuer metadata as the front serves it unsigned."""
        answer = self._fetcher.get(f"{self._base}/metadata", accept="application/json", max_bytes=MAX_METADATA_BYTES)
        self._check(answer)
        return answer.body

    def put_metadata(self, body: bytes) -> None:
        """Publish the signed issuer metadata."""
        self._send("PUT", "/metadata", body, SIGNED_METADATA_MEDIA_TYPE)

    def revoke_handle(self, handle: str) -> None:
        """Let every token of a handle die."""
        self._send("POST", f"/handles/{handle}/revoke", b"")

    def _send(self, method: str, path: str, body: bytes, media_type: str = "application/json") -> None:
        self._check(self._fetcher.request(method, self._base + path, body=body, headers={"content-type": media_type}))

    def _check(self, answer: Fetched) -> None:
        if 200 <= answer.status < 300:
            return
        if answer.status == 410:
            raise WarifuError("nobody_waits", "the wallet no longer waits for this result", hint="it will ask again", layer="protocol")
        raise WarifuError("front_refused", f"the front answered {answer.status}", hint="look at the log of the front", layer="protocol")
