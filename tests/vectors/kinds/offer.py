"""Credential offers as a wallet receives them, by link."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from tests.vectors.forge import Edit, same, set_to, without
from tests.vectors.registry import Given, accepts, rejects
from tests.vectors.scene import ISSUER

K = "offer"
GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
CODE = "oaKazRN8I0IbtZ0C7JuMn5-0123456789"


def offer(edit: Edit = same) -> Given:
    """Return an offer of 割符市, edited."""
    made: dict[str, Any] = {
        "credential_issuer": ISSUER,
        "credential_configuration_ids": ["resident-record-sd-jwt", "resident-record-mdoc"],
        "grants": {
            GRANT: {"pre-authorized_code": CODE, "tx_code": {"input_mode": "numeric", "length": 6, "description": "窓口でお伝えした番号"}}
        },
    }
    edit(made)
    return made


def link(text: str, *, scheme: str = "openid-credential-offer", **more: str) -> Given:
    """Return what a case says: the link as scanned."""
    return {"input": f"{scheme}://?{urlencode({'credential_offer': text, **more})}"}


def given(edit: Edit = same) -> Given:
    return link(json.dumps(offer(edit), ensure_ascii=False, separators=(",", ":")))


def code_grant(edit: Edit) -> Edit:
    """Return the edit of the pre-authorized code grant."""
    return lambda made: edit(made["grants"][GRANT])


@accepts(f"{K}/by-value", "OpenID4VCI 1.0 4.1.2", "two configurations, with a transaction code described in Japanese")
def by_value() -> tuple[Given, Any]:
    """OpenID4VCI 1.0 4.1: "`credential_offer`: Object with the Credential Offer parameters. This MUST NOT be present when the
    `credential_offer_uri` parameter is present."
    """
    return given(), offer()


@accepts(f"{K}/empty-transaction-code", "OpenID4VCI 1.0 4.1.1", "an empty tx_code still demands one")
def empty_transaction_code() -> tuple[Given, Any]:
    """OpenID4VCI 1.0 4.1.1: "`tx_code`: OPTIONAL. Object indicating that a Transaction Code is required if present, even if empty." """
    demanded = {"input_mode": "numeric"}
    return given(code_grant(set_to(tx_code={}))), offer(code_grant(set_to(tx_code=demanded)))


@accepts(f"{K}/by-reference", "OpenID4VCI 1.0 4.1.3", "the offer has to be fetched")
def by_reference() -> tuple[Given, Any]:
    """OpenID4VCI 1.0 4.1: "`credential_offer_uri`: String that is a URL using the `https` scheme referencing a resource containing a
    JSON object with the Credential Offer parameters."
    """
    address = f"{ISSUER}/offers/GkurKxf5T0Y-mnPFCHqWOMiZi4VS138cQO_V7PZHAdM"
    query = urlencode({"credential_offer_uri": address})
    return {"input": f"openid-credential-offer://?{query}"}, {"credential_offer_uri": address}


@rejects(f"{K}/another-scheme", "OpenID4VCI 1.0 12.1", "a link of another scheme", layer="parse", code="bad_offer_link", place="scheme")
def another_scheme(broken: bool) -> Given:
    """OpenID4VCI 1.0 C: "openid-credential-offer" is the custom URL scheme that a wallet registers."""
    return link(json.dumps(offer()), scheme="openid4vp" if broken else "openid-credential-offer")


@rejects(
    f"{K}/by-value-and-reference",
    "OpenID4VCI 1.0 4.1",
    "both forms at once",
    layer="parse",
    code="bad_offer_link",
    place="credential_offer_uri",
)
def by_value_and_reference(broken: bool) -> Given:
    """OpenID4VCI 1.0 4.1: "`credential_offer`: Object with the Credential Offer parameters. This MUST NOT be present when the
    `credential_offer_uri` parameter is present."
    """
    second = {"credential_offer_uri": f"{ISSUER}/offers/1"} if broken else {}
    return link(json.dumps(offer()), **second)


@rejects(
    f"{K}/offered-twice",
    "OpenID4VCI 1.0 4.1",
    "the offer stands twice in the link",
    layer="parse",
    code="bad_offer_link",
    place="credential_offer",
)
def offered_twice(broken: bool) -> Given:
    """RFC 6749 3.1: "Request and response parameters MUST NOT be included more than once." """
    case = link(json.dumps(offer()))
    return {"input": case["input"] + ("&" + case["input"].partition("?")[2] if broken else "")}


@rejects(
    f"{K}/reference-without-tls",
    "OpenID4VCI 1.0 4.1.3",
    "the offer would be fetched over http",
    layer="parse",
    code="bad_offer_link",
    place="credential_offer_uri/scheme",
)
def reference_without_tls(broken: bool) -> Given:
    """OpenID4VCI 1.0 4.1: "`credential_offer_uri`: String that is a URL using the `https` scheme"."""
    address = ISSUER.replace("https", "http") if broken else ISSUER
    return {"input": f"openid-credential-offer://?{urlencode({'credential_offer_uri': address + '/offers/1'})}"}


@rejects(f"{K}/duplicate-member", "RFC 7493 2.3", "the issuer is named twice", layer="parse", code="bad_json", place="credential_issuer")
def duplicate_member(broken: bool) -> Given:
    """RFC 7493 2.3: "Objects in I-JSON messages MUST NOT have members with duplicate names." """
    twice = '{"credential_issuer":"https://evil.example",' if broken else "{"
    return link(json.dumps(offer(), separators=(",", ":")).replace("{", twice, 1))


@rejects(
    f"{K}/issuer-without-tls",
    "OpenID4VCI 1.0 12.2.1",
    "the issuer identifier is an http address",
    layer="parse",
    code="bad_offer",
    place="credential_issuer/scheme",
)
def issuer_without_tls(broken: bool) -> Given:
    """OpenID4VCI 1.0 12.2.1: "A Credential Issuer is identified by a case sensitive URL using the `https` scheme that contains
    scheme, host and, optionally, port number and path components, but no query or fragment components."
    """
    return given(set_to(credential_issuer=ISSUER.replace("https", "http" if broken else "https")))


@rejects(
    f"{K}/issuer-with-query",
    "OpenID4VCI 1.0 12.2.1",
    "the issuer identifier has a query",
    layer="parse",
    code="bad_offer",
    place="credential_issuer/query",
)
def issuer_with_query(broken: bool) -> Given:
    """OpenID4VCI 1.0 12.2.1: "but no query or fragment components"."""
    return given(set_to(credential_issuer=ISSUER + ("?city=999997" if broken else "")))


@rejects(
    f"{K}/issuer-with-userinfo",
    "OpenID4VCI 1.0 14.1",
    "割符市 stands before the at sign of another host",
    layer="parse",
    code="bad_offer",
    place="credential_issuer/userinfo",
)
def issuer_with_userinfo(broken: bool) -> Given:
    """OpenID4VCI 1.0 12.2.1: the identifier "contains scheme, host and, optionally, port number and path components": no user name
    before the host.
    """
    return given(set_to(credential_issuer=ISSUER.replace("warifu.example", "warifu.example@evil.example" if broken else "warifu.example")))


@rejects(
    f"{K}/nothing-offered",
    "OpenID4VCI 1.0 4.1.1",
    "no configuration id",
    layer="parse",
    code="bad_offer",
    place="credential_configuration_ids",
)
def nothing_offered(broken: bool) -> Given:
    """OpenID4VCI 1.0 4.1.1: "`credential_configuration_ids`: REQUIRED. A non-empty array of unique strings"."""
    return given(set_to(credential_configuration_ids=[] if broken else ["resident-record-sd-jwt"]))


@rejects(
    f"{K}/one-offered-twice",
    "OpenID4VCI 1.0 4.1.1",
    "one configuration id twice",
    layer="parse",
    code="bad_offer",
    place="credential_configuration_ids/1",
)
def one_offered_twice(broken: bool) -> Given:
    """OpenID4VCI 1.0 4.1.1: "A non-empty array of unique strings that each identify one of the keys"."""
    ids = ["resident-record-sd-jwt"] * 2 if broken else ["resident-record-sd-jwt"]
    return given(set_to(credential_configuration_ids=ids))


@rejects(
    f"{K}/no-code", "OpenID4VCI 1.0 4.1.1", "the grant holds no code", layer="parse", code="bad_offer", place="grants/pre-authorized_code"
)
def no_code(broken: bool) -> Given:
    """OpenID4VCI 1.0 4.1.1: "`pre-authorized_code`: REQUIRED. The code representing the Credential Issuer's authorization for the Wallet
    to obtain Credentials of a certain type."
    """
    return given(code_grant(without("pre-authorized_code") if broken else same))


@rejects(
    f"{K}/code-of-letters-and-signs",
    "OpenID4VCI 1.0 4.1.1",
    "input_mode is emoji",
    layer="parse",
    code="bad_offer",
    place="grants/tx_code/input_mode",
)
def code_of_signs(broken: bool) -> Given:
    """OpenID4VCI 1.0 4.1.1: "`input_mode`: OPTIONAL. String specifying the input character set. Possible values are `numeric` (only
    digits) and `text` (any characters). The default is `numeric`."
    """
    return given(code_grant(set_to(tx_code={"input_mode": "emoji" if broken else "text"})))
