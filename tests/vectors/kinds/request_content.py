"""Signed requests as a wallet reads them: time, members and query."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.vectors.forge import Edit, same, set_to, without
from tests.vectors.kinds.request_object import KEY, edited, given, sound
from tests.vectors.registry import Given, rejects
from tests.vectors.scene import WORLD, instant

K = "request-object"
TIME = int(WORLD.at.timestamp())


def in_metadata(edit: Edit) -> Given:
    return edited(claims=lambda claims: edit(claims["client_metadata"]))


def in_query(edit: Edit) -> Given:
    return edited(claims=lambda claims: edit(claims["dcql_query"]["credentials"][0]))


@rejects(f"{K}/ended", "OpenID4VP 5.8", "exp has passed", layer="policy", code="request_expired", place="exp")
def ended(broken: bool) -> Given:
    """RFC 7519 4.1.4: "the expiration time on or after which the JWT MUST NOT be accepted for processing"."""
    return given(sound(), at=instant(timedelta(seconds=300 if broken else 299)))


@rejects(
    f"{K}/lives-for-a-day",
    "RFC 9101 10.2",
    "exp is a day ahead, so that it could be shown to many",
    layer="policy",
    code="request_not_fresh",
    place="exp",
)
def lives_for_a_day(broken: bool) -> Given:
    """RFC 9101 10.2: replay of a request is held off by a time of its own (in our words)."""
    return edited(claims=set_to(exp=TIME + (86400 if broken else 300)))


@rejects(f"{K}/from-future", "RFC 7519 4.1.6", "iat is an hour ahead", layer="policy", code="request_not_fresh", place="iat")
def from_future(broken: bool) -> Given:
    """RFC 7519 4.1.6: "The "iat" (issued at) claim identifies the time at which the JWT was issued." """
    return edited(claims=set_to(iat=TIME + (3600 if broken else 0)))


@rejects(f"{K}/audience", "OpenID4VP 5.8", "aud is another wallet", layer="policy", code="request_malformed", place="aud")
def audience(broken: bool) -> Given:
    """OpenID4VP 5.8: "the `aud` claim MUST be "https://self-issued.me/v2", when Static Discovery metadata is used." """
    return edited(claims=set_to(aud="https://wallet.example" if broken else "https://self-issued.me/v2"))


@rejects(f"{K}/code-asked-for", "HAIP 1.0 5", "response_type is code", layer="policy", code="request_malformed", place="response_type")
def code_asked_for(broken: bool) -> Given:
    """HAIP 1.0 5 (in our words): the response type is vp_token."""
    return edited(claims=set_to(response_type="code" if broken else "vp_token"))


@rejects(
    f"{K}/answer-in-fragment", "OpenID4VP 8.2", "response_mode is fragment", layer="policy", code="request_malformed", place="response_mode"
)
def answer_in_fragment(broken: bool) -> Given:
    """HAIP 1.0 5.1: "Response mode MUST be `direct_post.jwt`." """
    return edited(claims=set_to(response_mode="fragment" if broken else "direct_post.jwt"))


@rejects(
    f"{K}/redirect-uri",
    "OpenID4VP 8.2",
    "both response_uri and redirect_uri",
    layer="policy",
    code="request_malformed",
    place="redirect_uri",
)
def redirect_uri(broken: bool) -> Given:
    """OpenID4VP 8.2: "When the `response_uri` parameter is present, the `redirect_uri` Authorization Request parameter MUST NOT be
    present."
    """
    return edited(claims=set_to(**({"redirect_uri": WORLD.response_uri} if broken else {})))


@rejects(
    f"{K}/answer-without-tls",
    "OpenID4VP 8.2",
    "the answer would be sent over http",
    layer="policy",
    code="request_malformed",
    place="response_uri/scheme",
)
def answer_without_tls(broken: bool) -> Given:
    """OpenID4VP 8.2: "`response_uri`" is "The URL to which the Wallet MUST send the Authorization Response"."""
    return edited(claims=set_to(response_uri=WORLD.response_uri.replace("https", "http" if broken else "https")))


@rejects(
    f"{K}/answer-to-userinfo",
    "OpenID4VP 8.2",
    "a user name stands before the host of the answer's address",
    layer="policy",
    code="request_malformed",
    place="response_uri/userinfo",
)
def answer_to_userinfo(broken: bool) -> Given:
    """RFC 3986 7.6: "Because the userinfo subcomponent is rarely used and appears before the host in the authority component, it can be
    used to construct a URI intended to mislead a human user".
    """
    host = "verifier.example@evil.example" if broken else "verifier.example"
    return edited(claims=set_to(response_uri=WORLD.response_uri.replace("verifier.example", host)))


@rejects(f"{K}/short-nonce", "OpenID4VP 5.2", "the nonce has eight characters", layer="policy", code="request_malformed", place="nonce")
def short_nonce(broken: bool) -> Given:
    """OpenID4VP 5.2: "The nonce SHOULD contain at least 128 bits of entropy." """
    return edited(claims=set_to(nonce="12345678" if broken else WORLD.nonce))


@rejects(
    f"{K}/transaction-data",
    "OpenID4VP 8.4",
    "transaction data, which this wallet does not know",
    layer="policy",
    code="transaction_data_unsupported",
    place="transaction_data",
)
def transaction_data(broken: bool) -> Given:
    """OpenID4VP 8.4: "If the Wallet does not support `transaction_data` parameter, it MUST return an error upon receiving a request that
    includes it."
    """
    return edited(claims=set_to(**({"transaction_data": ["eyJ0eXBlIjoicGF5bWVudCJ9"]} if broken else {})))


@rejects(
    f"{K}/no-key", "HAIP 1.0 5", "no key to encrypt to", layer="policy", code="no_usable_encryption_key", place="client_metadata/jwks/keys"
)
def no_key(broken: bool) -> Given:
    """OpenID4VP 8.3: "The `alg` parameter MUST be present in the JWKs." """
    rsa = {"kty": "RSA", "kid": "1", "alg": "RSA-OAEP-256", "use": "enc", "n": "AQAB", "e": "AQAB"}
    return in_metadata(set_to(jwks={"keys": [rsa, *([] if broken else [KEY])]}))


@rejects(
    f"{K}/only-cbc",
    "HAIP 1.0 5",
    "no content encryption that both know",
    layer="policy",
    code="no_usable_encryption_key",
    place="client_metadata/encrypted_response_enc_values_supported",
)
def only_cbc(broken: bool) -> Given:
    """OpenID4VP 5.1: "`encrypted_response_enc_values_supported`: OPTIONAL. Non-empty array of strings, where each string is a JWE"."""
    return in_metadata(set_to(encrypted_response_enc_values_supported=["A256CBC-HS512", *([] if broken else ["A256GCM"])]))


@rejects(
    f"{K}/key-off-curve",
    "RFC 7518 6.2.1",
    "the key to encrypt to is no point of the curve",
    layer="parse",
    code="bad_jwk",
    place="client_metadata/jwks/keys/0/y",
)
def key_off_curve(broken: bool) -> Given:
    """RFC 7518 6.2.1.3: "The length of this octet string MUST be the full size of a coordinate for the curve specified in the "crv"
    parameter."
    """
    return in_metadata(set_to(jwks={"keys": [{**KEY, **({"y": "A" * 43} if broken else {})}]}))


@rejects(f"{K}/no-query", "OpenID4VP 5.1", "there is no query", layer="policy", code="request_malformed", place="dcql_query")
def no_query(broken: bool) -> Given:
    """OpenID4VP 5.1: "Either a `dcql_query` or a `scope` parameter representing a DCQL Query MUST be present in the Authorization Request,
    but not both."
    """
    return edited(claims=without("dcql_query") if broken else same)


@rejects(
    f"{K}/empty-claims",
    "OpenID4VP 6.1",
    "the array of claims is empty",
    layer="query",
    code="query_malformed",
    place="dcql_query/credentials/0/claims",
)
def empty_claims(broken: bool) -> Given:
    """OpenID4VP 6.1: "`claims`: OPTIONAL. A non-empty array of objects"."""
    return in_query(lambda one: one.update({"claims": []} if broken else {}))


@rejects(
    f"{K}/claim-sets-without-ids",
    "OpenID4VP 6.3",
    "claim_sets over claims without ids",
    layer="query",
    code="query_malformed",
    place="dcql_query/credentials/0/claim_sets",
)
def claim_sets_without_ids(broken: bool) -> Given:
    """OpenID4VP 6.3: "`id`: REQUIRED if `claim_sets` is present in the Credential Query; OPTIONAL otherwise." """

    def name(one: dict[str, Any]) -> None:
        one["claims"] = [{"path": ["birthdate"], **({} if broken else {"id": "birth"})}]
        one["claim_sets"] = [["birth"]]

    return in_query(name)


@rejects(
    f"{K}/query-of-many",
    "OpenID4VP 14.5",
    "a hundred claims of one credential",
    layer="query",
    code="query_too_complex",
    place="dcql_query/credentials/0/claims",
)
def query_of_many(broken: bool) -> Given:
    """OpenID4VP 6: a wallet takes no more of a stranger's query than it can show to its holder (in our words)."""
    return in_query(lambda one: one.update(claims=[{"path": ["address", f"line{number}"]} for number in range(100 if broken else 60)]))


@rejects(
    f"{K}/answer-to-another-host",
    "OpenID4VP 14.4",
    "the answer would go to a host that the certificate does not name",
    layer="policy",
    code="response_uri_foreign",
    place="response_uri/host",
)
def answer_to_another_host(broken: bool) -> Given:
    """OpenID4VP 8.2: "the Wallet MUST send the Authorization Response" to "response_uri"; its host is one that the registrar certified (in
    our words).
    """
    host = "evil.example" if broken else "verifier.example"
    return edited(claims=set_to(response_uri=WORLD.response_uri.replace("verifier.example", host)))
