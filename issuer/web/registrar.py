"""The registrar's application: public register, trust list and type catalogue; a back office under ``/api/v1``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import Encoding
from fastapi import FastAPI, Header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from issuer.trust_services.registrar.access import actor_of
from issuer.trust_services.registrar.issuers import list_issuers, parse_issuer, register_issuer, sign_list
from issuer.trust_services.registrar.office import RegistrarOffice
from issuer.trust_services.registrar.parties import certify, list_parties, parse_application, revoke_party
from issuer.trust_services.registrar.settings import RegistrarSettings
from runtime.problems import install_problem_handlers
from runtime.requests import read_json
from schemas.credentials import catalogue
from schemas.credentials.outputs.type_metadata import type_metadata
from schemas.formats.encoding import dump_json
from schemas.messages.jobs import new_identifier

JSON = "application/json"
STATUSES = {"key_unknown": 401, "scope_missing": 403, "relying_party_unknown": 404}
#: Public documents of the ecosystem: any page may read them, without credentials.
PUBLIC = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "no-cache"}


def create_app(office: RegistrarOffice) -> FastAPI:
    """Return the application of ``office``."""
    app = FastAPI(
        title="Warifu registrar (割符 登録局)", version="1", description="Relying parties, issuers, types. 実証用。", redoc_url=None
    )
    install_problem_handlers(app, STATUSES)
    _add_back_office(app, office)
    _add_register(app, office)
    _add_types(app, office.settings)
    return app


def _add_back_office(app: FastAPI, office: RegistrarOffice) -> None:
    @app.post("/api/v1/relying-parties", status_code=201)
    async def register_relying_party(request: Request, authorization: Annotated[str, Header()] = "") -> Response:
        actor = await run_in_threadpool(actor_of, office.engine, authorization, scope="relying-parties")
        application = parse_application(await read_json(request))
        certified = await run_in_threadpool(
            certify,
            office.engine,
            office.keys,
            application,
            party_id=new_identifier(office.random(16)),
            actor=actor,
            life=timedelta(days=office.settings.access_certificate_days),
            at=office.now(),
        )
        return Response(dump_json(certified.to_json()), 201, {}, JSON)

    @app.post("/api/v1/relying-parties/{party_id}/revoke", status_code=204)
    def revoke_relying_party(party_id: str, authorization: Annotated[str, Header()] = "") -> Response:
        actor_of(office.engine, authorization, scope="relying-parties")
        revoke_party(office.engine, party_id, at=office.now())
        return Response(status_code=204)

    @app.post("/api/v1/issuers", status_code=204)
    async def put_issuer(request: Request, authorization: Annotated[str, Header()] = "") -> Response:
        actor = await run_in_threadpool(actor_of, office.engine, authorization, scope="issuers")
        entry = parse_issuer(await read_json(request))
        await run_in_threadpool(register_issuer, office.engine, entry, actor=actor, at=office.now())
        return Response(status_code=204)


def _add_register(app: FastAPI, office: RegistrarOffice) -> None:
    @app.get("/relying-parties")
    def relying_parties() -> Response:
        return _document({"relying_parties": list_parties(office.engine, at=office.now())})

    @app.get("/issuers")
    def issuers() -> Response:
        return _document({"issuers": list_issuers(office.engine)})

    @app.get("/issuers.jwt")
    def signed_issuers() -> Response:
        token = sign_list(office.engine, office.keys, public_url=office.settings.public_url, at=office.now())
        return Response(token, 200, PUBLIC, "application/jwt")

    @app.get("/reader-root.pem")
    async def reader_root() -> Response:
        return Response(office.keys.root.certificate.public_bytes(Encoding.PEM), 200, PUBLIC, "application/pem-certificate-chain")

    @app.get("/healthz", response_class=PlainTextResponse)
    async def healthz() -> str:
        return "ok"

    @app.get("/readyz", response_class=PlainTextResponse)
    def readyz() -> str:
        list_issuers(office.engine)
        return "ok"


def _add_types(app: FastAPI, settings: RegistrarSettings) -> None:
    """Serve each type's metadata at the path of its ``vct``, so that the catalogue's host can be this process."""
    kinds = catalogue(settings.vct_base, settings.doctype_prefix).types

    @app.get("/types")
    async def types() -> Response:
        return _document({"types": [{"name": kind.name, "vct": kind.vct, "doctype": kind.doctype} for kind in kinds]})

    for kind in kinds:
        app.add_api_route(urlsplit(kind.vct).path, _serve(type_metadata(kind)), methods=["GET"], name=f"type {kind.name}")


def _serve(document: dict[str, Any]) -> Callable[[], Response]:
    def serve() -> Response:
        return _document(document)

    return serve


def _document(value: object) -> Response:
    return Response(dump_json(value), 200, PUBLIC, JSON)
