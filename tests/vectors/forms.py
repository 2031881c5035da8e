"""What ``given`` of each kind may hold: one JSON Schema a kind, written to ``tests/vectors/schema``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]
DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"

TEXT: Final[Schema] = {"type": "string"}
ANY: Final[Schema] = {"type": "object"}
INSTANT: Final[Schema] = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
    "description": "RFC 3339",
}
BINARY: Final[Schema] = {"type": "string", "pattern": "^[A-Za-z0-9_-]*$", "description": "base64url without padding"}
NAME: Final[Schema] = {"type": "string", "minLength": 1}


def closed(required: tuple[str, ...], **properties: Schema) -> Schema:
    """Return the schema of an object that holds ``properties`` and nothing else."""
    return {"type": "object", "required": list(required), "additionalProperties": False, "properties": properties}


def array(items: Schema, *, least: int = 0) -> Schema:
    """Return the schema of an array."""
    return {"type": "array", "items": items, "minItems": least}


def named(description: str, schema: Schema) -> Schema:
    """Return ``schema`` with a description."""
    return {**schema, "description": description}


PUBLIC_JWK: Final = closed(
    ("kty", "crv", "x", "y"), kty={"const": "EC"}, crv={"const": "P-256"}, x=BINARY, y=BINARY, kid=TEXT, alg=TEXT, use=TEXT
)
PRIVATE_JWK: Final = closed(
    ("kty", "crv", "x", "y", "d"), kty={"const": "EC"}, crv={"const": "P-256"}, x=BINARY, y=BINARY, d=BINARY, kid=TEXT
)
ANCHOR: Final = closed(
    ("purpose",),
    purpose={"enum": ["issuer", "reader", "status", "attester"]},
    pem=named("a certificate that the chain must end in; with pinned the signer itself", NAME),
    pinned={"type": "boolean"},
    jwk=named("a key that signs directly", PUBLIC_JWK),
)
STATUS: Final = closed(
    ("uri", "media_type", "body"),
    uri=NAME,
    media_type={"enum": ["application/statuslist+jwt", "application/statuslist+cwt"]},
    body=named("the compact JWT, or the CWT as base64url", NAME),
    fetched_at=INSTANT,
)

_COMMON: Final[Mapping[str, Schema]] = {
    "at": named("time of verification", INSTANT),
    "anchors": named("whom the verifier trusts", array(ANCHOR, least=1)),
    "types": named("acceptable vct or docType values; absent means any", array(NAME, least=1)),
    "key_binding": {"enum": ["required", "none"]},
    "holder_key": named("the only key that the credential may be bound to", PUBLIC_JWK),
    "holder_relations": named("accepted values of holder_relation; none by default", array(NAME)),
    "status_policy": {"enum": ["required", "if-present", "none"]},
    "max_status_age": named("greatest age of a copy of the list, in seconds", {"type": "integer", "minimum": 0}),
    "status": named("status lists in the order of fetching; absent where none can be had", array(STATUS, least=1)),
}
_FOR_SD_JWT: Final[Mapping[str, Schema]] = {
    "nonce": named("of the transaction", NAME),
    "audience": named("the full client identifier", NAME),
}
_SESSION: Final[Mapping[str, Schema]] = {"session_transcript": named("SessionTranscript of the verifier's own session", BINARY)}
_CREDENTIAL: Final = closed(
    ("format", "type", "claims"),
    id=named("names the copy in what is expected", NAME),
    format=NAME,
    type=NAME,
    claims=named("all claims of the copy; of an mdoc by namespace", ANY),
    authority_key_ids=named("key identifiers of its chain's authorities", array(BINARY)),
    holder_bound={"type": "boolean"},
)


def _credential(input_schema: Schema, extra: Mapping[str, Schema]) -> Schema:
    return closed(("input", "at", "anchors"), input=input_schema, **_COMMON, **extra)


_AT: Final[Schema] = _COMMON["at"]
GIVEN: Final[dict[str, tuple[str, Schema]]] = {
    "sd-jwt": ("An SD-JWT VC as received from an issuer.", _credential(TEXT, _FOR_SD_JWT)),
    "sd-jwt+kb": ("An SD-JWT VC as presented.", _credential(TEXT, _FOR_SD_JWT)),
    "mdoc-issuer-signed": ("An IssuerSigned as received from an issuer.", _credential(BINARY, {})),
    "mdoc-device-response": ("A DeviceResponse as presented.", _credential(BINARY, _SESSION)),
    "status-list": (
        "A status list by itself, and an index into it.",
        closed(
            ("input", "at", "anchors", "uri"),
            input=named("the compact JWT, or the CWT as base64url", TEXT),
            at=_AT,
            anchors=_COMMON["anchors"],
            uri=named("where it was fetched from", NAME),
            media_type=named("of input and previous; the JWT's where absent", STATUS["properties"]["media_type"]),
            index=named("an entry that must be VALID", {"type": "integer", "minimum": 0}),
            previous=named("lists seen before at the same address, oldest first", array(TEXT, least=1)),
        ),
    ),
    "encrypted-response": (
        "An encrypted response; claims are the vp_token inside.",
        closed(("input", "private_jwk"), input=TEXT, private_jwk=named("the verifier's key of this request", PRIVATE_JWK), kid=NAME),
    ),
    "dcql-answer": (
        "A query and verified presentations by query id.",
        closed(("query", "answer"), query=ANY, answer={"type": "object", "additionalProperties": array(_CREDENTIAL)}),
    ),
    "dcql-match": (
        "A query and the copies that a wallet holds, in its order of preference; claims are their ids by query id.",
        closed(("query", "credentials"), query=ANY, credentials=array(_CREDENTIAL)),
    ),
    "offer": ("A link with a credential offer; claims are the offer, or where to fetch it.", closed(("input",), input=TEXT)),
    "issuer-metadata": (
        "Metadata of a credential issuer or, where document says so, of its authorization server, as JSON text.",
        closed(
            ("input", "issuer"),
            input=TEXT,
            issuer=named("whom it was fetched for", NAME),
            document={"enum": ["openid-credential-issuer", "oauth-authorization-server"]},
        ),
    ),
    "request-object": (
        "A signed request object.",
        closed(
            ("input", "at", "anchors", "client_id"),
            input=TEXT,
            at=_AT,
            anchors=_COMMON["anchors"],
            client_id=named("of the link that led to it", NAME),
            wallet_nonce=named("what the wallet posted", NAME),
        ),
    ),
    "key-proof": (
        "A key proof of type jwt; claims are the key and the nonce.",
        closed(("input", "at", "audience"), input=TEXT, at=_AT, audience=named("the issuer identifier", NAME)),
    ),
    "dpop": (
        "A DPoP proof and the request that it came with; claims are jkt, jti and nonce.",
        closed(("input", "at", "method", "url"), input=TEXT, at=_AT, method=NAME, url=NAME, access_token=NAME),
    ),
    "credential-request": (
        "The body of a credential request, as JSON text; claims are what was asked for.",
        closed(
            ("input", "at", "audience"),
            input=TEXT,
            at=_AT,
            audience=named("the issuer identifier", NAME),
            batch_size=named("the most proofs in one request", {"type": "integer", "minimum": 1}),
        ),
    ),
}


def schemas() -> dict[str, Schema]:
    """Return kind → JSON Schema of ``given``."""
    return {kind: {"$schema": DRAFT, "title": kind, "description": text, **form} for kind, (text, form) in GIVEN.items()}
