"""The back office of the inner side: /api/v1 on the staff network's own listener (design 5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI, Header
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import PlainTextResponse

from issuer.municipality.offers import MadeOffer, create_offer
from issuer.municipality.office import Office
from issuer.municipality.staff_keys import actor_of
from issuer.municipality.status.account import StatusAccount, account
from runtime.problems import install_problem_handlers
from runtime.store import read

STATUSES = {
    "key_unknown": 401,
    "scope_missing": 403,
    "resident_unknown": 404,
    "record_struck": 409,
    "issuance_refused": 403,
    "front_refused": 502,
    "unreachable": 503,
}


class OfferRequest(BaseModel):
    """What staff ask for: one resident, one or more credential configurations."""

    model_config = ConfigDict(extra="forbid")

    resident_id: Annotated[str, Field(min_length=1, max_length=15, description="宛名番号")]
    configuration_ids: Annotated[list[str], Field(min_length=1, max_length=16)]
    special_items: Annotated[list[str], Field(max_length=16, description="特別の請求: items that the law leaves out otherwise")] = []
    tx_code: bool = True


class OfferAnswer(BaseModel):
    """The link to hand over; the transaction code goes by another channel."""

    offer_id: str
    credential_offer_uri: str
    tx_code: str | None
    expires_at: datetime

    @classmethod
    def of(cls, offer: MadeOffer) -> OfferAnswer:
        """Return the answer for one offer."""
        return cls(offer_id=offer.offer_id, credential_offer_uri=offer.link, tx_code=offer.tx_code, expires_at=offer.expires_at)


def create_app(office: Office, *, now: Callable[[], datetime]) -> FastAPI:
    """Return the application; ``now`` is the process's clock."""
    app = FastAPI(title="Warifu inner side (割符 内部系)", version="1", description="Staff network only. 実証用。", redoc_url=None)
    install_problem_handlers(app, STATUSES)

    def actor(scope: str) -> Callable[[str], str]:
        def check(authorization: Annotated[str, Header()] = "") -> str:
            with read(office.engine) as connection:
                return actor_of(connection, authorization, scope=scope)

        return check

    may_offer, may_see_status = Depends(actor("offers")), Depends(actor("status"))

    @app.post("/api/v1/offers", status_code=201)
    def make_offer(request: OfferRequest, who: str = may_offer) -> OfferAnswer:
        offer = create_offer(
            office.engine,
            office.front,
            office.profile,
            resident_id=request.resident_id,
            configuration_ids=request.configuration_ids,
            special_items=frozenset(request.special_items),
            with_tx_code=request.tx_code,
            actor=who,
            at=now(),
        )
        return OfferAnswer.of(offer)

    @app.get("/api/v1/status")
    def status(_who: str = may_see_status) -> StatusAccount:
        with read(office.engine) as connection:
            return account(connection)

    _add_probes(app, office)
    return app


def _add_probes(app: FastAPI, office: Office) -> None:
    @app.get("/healthz", response_class=PlainTextResponse)
    def healthz() -> str:
        return "ok"

    @app.get("/readyz", response_class=PlainTextResponse)
    def readyz() -> str:
        with read(office.engine) as connection:
            account(connection)
        return "ok"

    @app.get("/metrics", response_class=PlainTextResponse)
    def metrics() -> str:
        with read(office.engine) as connection:
            numbers = account(connection)
        lines = [f'warifu_copies{{state="{state}"}} {count}' for state, count in sorted(numbers.copies.items())]
        return "\n".join(
            ["# TYPE warifu_copies gauge", *lines, "# TYPE warifu_status_lists gauge", f"warifu_status_lists {len(numbers.lists)}", ""]
        )
