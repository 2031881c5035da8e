"""Metadata of a credential issuer as a wallet reads it."""

from __future__ import annotations

import json
from typing import Any

from schemas.credentials.outputs import claims_description, display_description
from schemas.formats.jose import public_jwk
from schemas.messages.openid4vci import build_configuration
from tests.vectors.forge import Edit, same, set_to, without
from tests.vectors.registry import Given, accepts, rejects
from tests.vectors.scene import ISSUER, WORLD
from tests.world.actors import signer_for
from tests.world.credentials import BASIC_FOUR

K = "issuer-metadata"
KEY = {**public_jwk(signer_for("request encryption").public_key), "kid": "front-1", "alg": "ECDH-ES", "use": "enc"}
ENCS = ["A128GCM", "A256GCM"]


def configuration(credential_format: str) -> Given:
    """Return the configuration of basic-four in one format, with its Japanese and English texts."""
    mdoc = credential_format == "mso_mdoc"
    return build_configuration(
        scope=f"basic-four-{'mdoc' if mdoc else 'sd-jwt'}",
        credential_format=credential_format,
        type_name=BASIC_FOUR.doctype if mdoc else BASIC_FOUR.vct,
        display=display_description(BASIC_FOUR),
        claims=claims_description(BASIC_FOUR, credential_format),
    )


def metadata(edit: Edit = same) -> Given:
    """Return the metadata of 割符市, edited."""
    made: dict[str, Any] = {
        "credential_issuer": ISSUER,
        "credential_endpoint": f"{ISSUER}/credential",
        "nonce_endpoint": f"{ISSUER}/nonce",
        "credential_request_encryption": {"jwks": {"keys": [KEY]}, "enc_values_supported": ENCS, "encryption_required": False},
        "batch_credential_issuance": {"batch_size": 20},
        "display": [{"name": "割符市", "locale": "ja-JP"}, {"name": "Warifu City", "locale": "en"}],
        "credential_configurations_supported": {
            "basic-four-sd-jwt": configuration("dc+sd-jwt"),
            "basic-four-mdoc": configuration("mso_mdoc"),
        },
    }
    edit(made)
    return made


def given(edit: Edit = same, issuer: str = ISSUER) -> Given:
    """Return what a case says: the document, and the issuer that it was fetched for."""
    return {"input": json.dumps(metadata(edit), ensure_ascii=False, separators=(",", ":")), "issuer": issuer}


def in_configuration(edit: Edit) -> Given:
    return given(lambda made: edit(made["credential_configurations_supported"]["basic-four-sd-jwt"]))


@accepts(f"{K}/basic-four", "OpenID4VCI 1.0 12.2.4", "basic-four in both formats, with texts in Japanese and English")
def basic_four() -> tuple[Given, Any]:
    """OpenID4VCI 1.0 12.2.4: "`credential_configurations_supported`: REQUIRED. Object that describes specifics of the Credential that
    the Credential Issuer supports issuance of."
    """
    return given(), None


@accepts(f"{K}/unknown-format", "OpenID4VCI 1.0 12.2.4", "a format that this wallet does not know stands beside those it knows")
def unknown_format() -> tuple[Given, Any]:
    """OpenID4VCI 1.0 12.2.4: "Additional Credential Issuer metadata parameters MAY be defined and used." """
    other = {"format": "ldp_vc", "credential_definition": {"type": ["VerifiableCredential"]}}
    return given(lambda made: made["credential_configurations_supported"].update({"other": other})), None


@rejects(
    f"{K}/another-issuer",
    "OpenID4VCI 1.0 12.2.4",
    "隣町市 names itself where 割符市 was asked",
    layer="policy",
    code="issuer_mismatch",
    place="credential_issuer",
)
def another_issuer(broken: bool) -> Given:
    """OpenID4VCI 1.0 12.2.4: "The value MUST be identical to the Credential Issuer's identifier value into which the well-known URI
    string was inserted to create the URL used to retrieve the metadata."
    """
    return given(set_to(credential_issuer=WORLD.tonari.issuer if broken else ISSUER))


@rejects(
    f"{K}/issuer-with-slash",
    "OpenID4VCI 1.0 12.2.4",
    "the same but for a slash at the end",
    layer="policy",
    code="issuer_mismatch",
    place="issuer/end",
)
def issuer_with_slash(broken: bool) -> Given:
    """OpenID4VCI 1.0 12.2.4: "If these values are not identical (when compared using a simple string comparison with no normalization),
    the data contained in the response MUST NOT be used."
    """
    return given(set_to(credential_issuer=ISSUER + ("/" if broken else "")))


@rejects(
    f"{K}/endpoint-without-tls",
    "OpenID4VCI 1.0 12.2.4",
    "the credential endpoint is an http address",
    layer="parse",
    code="bad_issuer_metadata",
    place="credential_endpoint",
)
def endpoint_without_tls(broken: bool) -> Given:
    """OpenID4VCI 1.0 12.2.4: "This URL MUST use the `https` scheme and MAY contain port, path, and query parameter components." """
    address = f"{ISSUER}/credential"
    return given(set_to(credential_endpoint=address.replace("https", "http") if broken else address))


@rejects(
    f"{K}/no-endpoint",
    "OpenID4VCI 1.0 12.2.4",
    "there is no credential endpoint",
    layer="parse",
    code="bad_issuer_metadata",
    place="members",
)
def no_endpoint(broken: bool) -> Given:
    """OpenID4VCI 1.0 12.2.4: "`credential_endpoint`: REQUIRED. URL of the Credential Issuer's Credential Endpoint"."""
    return given(without("credential_endpoint") if broken else same)


@rejects(
    f"{K}/no-configurations",
    "OpenID4VCI 1.0 12.2.4",
    "the configurations stand in an array",
    layer="parse",
    code="bad_issuer_metadata",
    place="credential_configurations_supported",
)
def no_configurations(broken: bool) -> Given:
    """OpenID4VCI 1.0 12.2.4: "This object contains a list of name/value pairs, where each name is a unique identifier of the supported
    Credential being described."
    """

    def as_array(made: dict[str, Any]) -> None:
        made["credential_configurations_supported"] = list(made["credential_configurations_supported"].values())

    return given(as_array if broken else same)


@rejects(
    f"{K}/no-type",
    "OpenID4VCI 1.0 A.3.2",
    "an SD-JWT VC without vct",
    layer="parse",
    code="bad_issuer_metadata",
    place="credential_configurations_supported/vct",
)
def no_type(broken: bool) -> Given:
    """OpenID4VCI 1.0 A.3.2: "`vct`: REQUIRED. String designating the type of the Credential"."""
    return in_configuration(without("vct") if broken else same)


@rejects(
    f"{K}/no-proof-algorithms",
    "OpenID4VCI 1.0 12.2.4",
    "the list of proof algorithms is empty",
    layer="parse",
    code="bad_issuer_metadata",
    place="credential_configurations_supported/proof_types_supported",
)
def no_proof_algorithms(broken: bool) -> Given:
    """OpenID4VCI 1.0 12.2.4: "`proof_signing_alg_values_supported`: REQUIRED. A non-empty array of algorithm identifiers that the Issuer
    supports for this proof type."
    """
    return in_configuration(
        lambda entry: entry["proof_types_supported"]["jwt"].update({"proof_signing_alg_values_supported": [] if broken else ["ES256"]})
    )


@rejects(
    f"{K}/batch-of-one",
    "OpenID4VCI 1.0 12.2.4",
    "batch_size is 1",
    layer="parse",
    code="bad_issuer_metadata",
    place="batch_credential_issuance",
)
def batch_of_one(broken: bool) -> Given:
    """OpenID4VCI 1.0 12.2.4: "`batch_size`: REQUIRED. Integer value specifying the maximum array size for the `proofs` parameter in a
    Credential Request. It MUST be 2 or greater."
    """
    return given(set_to(batch_credential_issuance={"batch_size": 1 if broken else 2}))


@rejects(
    f"{K}/one-kid-twice",
    "OpenID4VCI 1.0 12.2.4",
    "two encryption keys of one kid",
    layer="parse",
    code="bad_issuer_metadata",
    place="credential_request_encryption",
)
def one_kid_twice(broken: bool) -> Given:
    """OpenID4VCI 1.0 12.2.4: "Each JWK in the set MUST have a kid (Key ID) parameter that uniquely identifies the key." """
    second = {**KEY, "kid": "front-1" if broken else "front-2"}
    return given(lambda made: made["credential_request_encryption"]["jwks"]["keys"].append(second))


@rejects(f"{K}/duplicate-member", "RFC 7493 2.3", "the credential endpoint is named twice", layer="parse", code="bad_json", place="text")
def duplicate_member(broken: bool) -> Given:
    """RFC 7493 2.3: "Objects in I-JSON messages MUST NOT have members with duplicate names." """
    case = given()
    twice = '{"credential_endpoint":"https://evil.example/credential",' if broken else "{"
    return {**case, "input": case["input"].replace("{", twice, 1)}


@rejects(
    f"{K}/endpoint-elsewhere",
    "OpenID4VCI 1.0 12.2.4",
    "the nonce endpoint lies at another host",
    layer="policy",
    code="endpoint_elsewhere",
    place="nonce_endpoint",
)
def endpoint_elsewhere(broken: bool) -> Given:
    """OpenID4VCI 1.0 12.2.4: "`nonce_endpoint`: OPTIONAL. URL of the Credential Issuer's Nonce Endpoint": the issuer's own, at its own
    origin.
    """
    return given(set_to(nonce_endpoint=f"{WORLD.tonari.issuer if broken else ISSUER}/nonce"))


def server(edit: Edit = same) -> Given:
    """Return a case about the metadata of the authorization server, edited."""
    made: dict[str, Any] = {
        "issuer": ISSUER,
        "token_endpoint": f"{ISSUER}/token",
        "response_types_supported": ["none"],
        "grant_types_supported": ["urn:ietf:params:oauth:grant-type:pre-authorized_code"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "pre-authorized_grant_anonymous_access_supported": True,
    }
    edit(made)
    return {"input": json.dumps(made, separators=(",", ":")), "issuer": ISSUER, "document": "oauth-authorization-server"}


@accepts(f"{K}/authorization-server", "RFC 8414 2", "the metadata of the authorization server, which is the issuer itself")
def authorization_server() -> tuple[Given, Any]:
    """RFC 8414 3.3: "The "issuer" value returned MUST be identical to the authorization server's issuer identifier value into which the
    well-known URI string was inserted to create the URL used to retrieve the metadata."
    """
    return server(), None


@rejects(
    f"{K}/another-authorization-server",
    "RFC 8414 3.3",
    "it names another server",
    layer="policy",
    code="issuer_mismatch",
    place="server/issuer",
)
def another_authorization_server(broken: bool) -> Given:
    """RFC 8414 3.3: "If these values are not identical, the data contained in the response MUST NOT be used." """
    return server(set_to(issuer=WORLD.tonari.issuer if broken else ISSUER))


@rejects(
    f"{K}/token-endpoint-elsewhere",
    "RFC 8414 3.3",
    "the code would be sent to another host",
    layer="policy",
    code="endpoint_elsewhere",
    place="server/token_endpoint",
)
def token_endpoint_elsewhere(broken: bool) -> Given:
    """RFC 8414 6.2: "TLS certificate checking MUST be performed by the client"; the endpoint lies with whom the certificate names (in our
    words).
    """
    return server(set_to(token_endpoint=f"{WORLD.tonari.issuer if broken else ISSUER}/token"))


@rejects(
    f"{K}/token-endpoint-without-tls",
    "RFC 8414 2",
    "the token endpoint is an http address",
    layer="parse",
    code="bad_server_metadata",
    place="server/token_endpoint",
)
def token_endpoint_without_tls(broken: bool) -> Given:
    """RFC 6749 3.2: "the authorization server MUST require the use of TLS" "when sending requests to the token endpoint." """
    address = f"{ISSUER}/token"
    return server(set_to(token_endpoint=address.replace("https", "http") if broken else address))
