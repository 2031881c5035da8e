"""DPoP at the door: one header, the right request, the right token, a nonce where demanded, and every proof only once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from issuer.front.nonces import NonceMint
from runtime import single_use
from runtime.store import begin
from schemas.errors import WarifuError
from schemas.messages.dpop import MAX_AGE, SKEW, DpopProof, check_dpop


@dataclass(frozen=True, slots=True)
class PossessionGuard:
    """Checks DPoP proofs against a shared store, so that a proof used on one worker is spent on all (threat C09)."""

    engine: sa.Engine
    nonces: NonceMint
    require_nonce: bool

    def check(self, headers: Sequence[str], *, method: str, url: str, at: datetime, access_token: str | None = None) -> str:
        """Return the thumbprint of the proven key.

        Args:
            headers: every value of the DPoP header of the request.
            method: the HTTP method.
            url: the configured public address of the endpoint.
            at: now.
            access_token: on resource requests.

        Raises:
            WarifuError: ``dpop_missing``, ``dpop_repeated``, the codes of :func:`schemas.messages.dpop.check_dpop`,
                ``dpop_nonce_needed``, ``dpop_replayed``.
        """
        check_single_header(headers)
        proof = check_dpop(headers[0], method=method, url=url, at=at, access_token=access_token)
        self._check_nonce(proof, at)
        self.consume(proof)
        return proof.jkt

    def _check_nonce(self, proof: DpopProof, at: datetime) -> None:
        if proof.nonce is None and not self.require_nonce:
            return
        try:
            self.nonces.expiry(proof.nonce or "", at=at)
        except WarifuError as error:
            raise WarifuError(
                "dpop_nonce_needed",
                "the DPoP proof needs the nonce of the DPoP-Nonce header",
                hint="send the request again with that nonce",
                clause="RFC 9449 8",
                layer="protocol",
            ) from error

    def consume(self, proof: DpopProof) -> None:
        """Spend ``(jkt, jti)`` for as long as the proof could be accepted; raises ``dpop_replayed``."""
        try:
            with begin(self.engine) as connection:
                single_use.consume(connection, "dpop", f"{proof.jkt} {proof.jti}", expires_at=proof.iat + MAX_AGE + SKEW)
        except WarifuError as error:
            if error.code != "replayed":
                raise
            raise WarifuError(
                "dpop_replayed",
                "the DPoP proof was used before",
                hint="make a new proof for every request",
                clause="RFC 9449 11.1",
                layer="protocol",
            ) from error


def check_single_header(headers: Sequence[str]) -> None:
    """Exactly one DPoP header (RFC 9449 4.3, threat C10)."""
    if len(headers) != 1:
        code = "dpop_repeated" if headers else "dpop_missing"
        raise WarifuError(
            code, "the request needs exactly one DPoP header", hint="send one DPoP proof", clause="RFC 9449 4.3", layer="protocol"
        )
