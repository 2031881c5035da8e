"""What the verifier's tests stand on: a clock that a test moves, a web server of status lists, and a wallet's answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from runtime.fetcher import GuardedFetcher
from schemas.credentials import catalogue
from schemas.formats.encoding import b64url_encode
from schemas.formats.mdoc import openid4vp_session_transcript
from schemas.messages.openid4vp import AuthorizationRequest, build_response, parse_authorization_request_uri, parse_request_object
from tests.world import City, World
from tests.world.status import status_token
from verifier.purposes import Purpose, parse_purpose

CATALOGUE = catalogue("https://catalogue.example", "example.catalogue")
PUBLIC_URL = "https://verifier.example"
OFFICE_URL = "https://office.example"
PATHS = (("name",), ("birthdate",), ("address", "prefecture"))
ELEMENTS = {
    "org.iso.23220.1": ("birth_date",),
    "example.catalogue.resident_record.1": (
        "full_name_unicode",
        "resident_prefecture",
        "certified_on",
        "issuing_municipality_code",
        "issuing_municipality_name",
    ),
}
CLAIMS = ["name", "birthdate", "address.prefecture"]
SD_JWT_CREDENTIAL = {"id": "record", "type": "resident-record", "format": "dc+sd-jwt", "claims": CLAIMS}
MDOC_CREDENTIAL = {**SD_JWT_CREDENTIAL, "id": "card", "format": "mso_mdoc"}


def make_purpose(*credentials: Mapping[str, Any], **changes: Any) -> Purpose:
    """Return a purpose that asks for name, birth date and prefecture, unless told otherwise."""
    document = {"name": "test", "text": {"ja": "試験", "en": "Test"}, "credentials": list(credentials or [SD_JWT_CREDENTIAL])}
    return parse_purpose({**document, **changes}, CATALOGUE)


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class ListServer:
    """Serves the status lists of cities as they are told, counts, and can be taken down."""

    clock: Clock
    bodies: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    answer: httpx.Response | Exception | None = None

    def publish(self, city: City, revoked: Collection[int] = (), **changes: Any) -> None:
        """Publish both encodings of the city's list as of now."""
        for encoding in ("jwt", "cwt"):
            token = status_token(city, encoding, self.clock.at, revoked, **changes)
            self.bodies[token.uri] = (token.media_type, token.body)

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return self.answer
        if str(request.url) not in self.bodies:
            return httpx.Response(404)
        media_type, body = self.bodies[str(request.url)]
        return httpx.Response(200, headers={"content-type": media_type}, content=body)

    def fetcher(self) -> GuardedFetcher:
        """The real guarded fetcher with this server in the network's place."""
        return GuardedFetcher(transport=httpx.MockTransport(self.handle))


@dataclass
class TestWallet:
    """Answers requests with the world's credentials, honestly unless told otherwise."""

    __test__ = False
    world: World
    clock: Clock

    def read(self, link: str, token: str, *, wallet_nonce: str | None = None) -> AuthorizationRequest:
        """Check a request object as a wallet does."""
        client_id = parse_authorization_request_uri(link).client_id
        return parse_request_object(
            token, client_id=client_id, anchors=self.world.reader_anchors, at=self.clock.at, wallet_nonce=wallet_nonce
        )

    def present(
        self, request: AuthorizationRequest, credential: str | None = None, paths: Sequence[tuple[str, ...]] = PATHS, **changes: Any
    ) -> str:
        """Return an SD-JWT presentation for ``request``."""
        binding = {"nonce": request.nonce, "audience": request.client_id, "iat": self.clock.at} | changes
        return self.world.present_sd_jwt(credential, paths, **binding)

    def present_mdoc(self, request: AuthorizationRequest, credential: bytes | None = None, elements: Any = ELEMENTS, **changes: Any) -> str:
        """Return a DeviceResponse for ``request``, as OpenID4VP carries it."""
        transcript = openid4vp_session_transcript(
            client_id=request.client_id,
            nonce=request.nonce,
            jwk_thumbprint=request.encryption_thumbprint,
            response_uri=request.response_uri,
        )
        return b64url_encode(self.world.present_mdoc(credential, elements, **{"session_transcript": transcript, **changes}))

    def form(self, request: AuthorizationRequest, vp_token: Mapping[str, Sequence[str]] | None = None) -> dict[str, str]:
        """Return the form to post."""
        return build_response(request, vp_token or {"record": [self.present(request)]})


def path_of(url: str) -> str:
    """Return path and query of an absolute URL."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def response_code(redirect_uri: str) -> str:
    """Return the response code of a redirect."""
    return parse_qs(urlsplit(redirect_uri).query)["response_code"][0]
