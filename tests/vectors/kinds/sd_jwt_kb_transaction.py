"""SD-JWT VC as presented: bound to this verifier, this transaction and these disclosures."""

from __future__ import annotations

from datetime import timedelta

from tests.vectors.forge import bound, presented, selected, set_to, without
from tests.vectors.registry import Given, rejects
from tests.vectors.scene import WORLD


@rejects(
    "sd-jwt+kb/wrong-nonce",
    "OpenID4VP 14.1.2",
    "bound for another transaction",
    layer="key-binding",
    code="nonce_mismatch",
    place="kb/nonce",
)
def wrong_nonce(broken: bool) -> Given:
    """OpenID4VP 14.1.2: "If any Verifiable Presentation in the response does not contain the correct `nonce` value, the
    response MUST be rejected."
    """
    return presented(bound(selected(), claims=set_to(nonce="another-transaction-0123456789" if broken else WORLD.nonce)))


@rejects("sd-jwt+kb/no-nonce", "RFC 9901 4.3", "bound without a nonce", layer="key-binding", code="nonce_mismatch", place="kb/claims")
def no_nonce(broken: bool) -> Given:
    """RFC 9901 4.3: "`nonce`: REQUIRED. Ensures the freshness of the signature or its binding to the given transaction." """
    return presented(bound(selected(), claims=without(*(["nonce"] if broken else []))))


@rejects(
    "sd-jwt+kb/wrong-audience",
    "OpenID4VP B.3.6",
    "bound for another verifier",
    layer="key-binding",
    code="audience_mismatch",
    place="kb/aud",
)
def wrong_audience(broken: bool) -> Given:
    """OpenID4VP B.3.6: "the `aud` claim MUST be the value of the Client Identifier"."""
    other = "x509_hash:Uvo3HtuIxuhC92rShpgqcT3YXwrqRxWEviRiA0OZszk"
    return presented(bound(selected(), claims=set_to(aud=other if broken else WORLD.audience)))


@rejects(
    "sd-jwt+kb/audience-without-prefix",
    "OpenID4VP 14.10",
    "aud is the client identifier without its prefix",
    layer="key-binding",
    code="audience_mismatch",
    place="kb/aud/prefix",
)
def audience_without_prefix(broken: bool) -> Given:
    """OpenID4VP 14.10: "Wallets MUST always use the full Client Identifier, including the prefix if provided, within the context of
    the Wallet or its responses to identify the client."
    """
    aud = WORLD.audience.removeprefix("x509_hash:") if broken else WORLD.audience
    return presented(bound(selected(), claims=set_to(aud=aud)))


@rejects(
    "sd-jwt+kb/audiences-in-array",
    "RFC 9901 4.3",
    "aud is an array that holds the verifier among others",
    layer="key-binding",
    code="audience_mismatch",
    place="kb/aud/type",
)
def audiences_in_array(broken: bool) -> Given:
    """RFC 9901 4.3: "`aud`: REQUIRED. The value MUST be a single string that identifies the intended receiver of the Key
    Binding JWT."
    """
    return presented(bound(selected(), claims=set_to(aud=[WORLD.audience, "https://b.example"] if broken else WORLD.audience)))


@rejects(
    "sd-jwt+kb/disclosure-taken-away",
    "RFC 9901 7.3",
    "one disclosure was taken away after binding",
    layer="key-binding",
    code="sd_hash_mismatch",
    place="disclosure",
)
def disclosure_taken_away(broken: bool) -> Given:
    """RFC 9901 7.3: "Calculate the digest over the Issuer-signed JWT and Disclosures" "and verify that it matches the value of
    the `sd_hash` claim in the Key Binding JWT."
    """
    first, second, rest = bound(selected()).split("~", 2)
    return presented(f"{first}~{rest}" if broken else f"{first}~{second}~{rest}")


@rejects(
    "sd-jwt+kb/disclosures-in-other-order",
    "RFC 9901 4.3.1",
    "two disclosures changed places after binding",
    layer="key-binding",
    code="sd_hash_mismatch",
    place="disclosures/order",
)
def disclosures_in_other_order(broken: bool) -> Given:
    """RFC 9901 4.3.1: "The hash value in the `sd_hash` claim binds the KB-JWT to the specific SD-JWT." """
    first, second, third, rest = bound(selected()).split("~", 3)
    return presented("~".join([first, third, second, rest] if broken else [first, second, third, rest]))


@rejects(
    "sd-jwt+kb/bound-long-ago",
    "RFC 9901 7.3",
    "bound ten minutes ago",
    layer="key-binding",
    code="key_binding_too_old",
    place="kb/iat",
)
def bound_long_ago(broken: bool) -> Given:
    """RFC 9901 7.3: "Check that the creation time of the Key Binding JWT, as determined by the `iat` claim, is within an
    acceptable window."
    """
    iat = WORLD.at - timedelta(minutes=10 if broken else 4)
    return presented(bound(selected(), claims=set_to(iat=int(iat.timestamp()))))


@rejects(
    "sd-jwt+kb/bound-ahead",
    "RFC 9901 7.3",
    "bound ten minutes ahead",
    layer="key-binding",
    code="key_binding_from_future",
    place="kb/iat",
)
def bound_ahead(broken: bool) -> Given:
    """RFC 9901 7.3: "Check that the creation time of the Key Binding JWT, as determined by the `iat` claim, is within an
    acceptable window."
    """
    iat = WORLD.at + timedelta(seconds=600 if broken else 30)
    return presented(bound(selected(), claims=set_to(iat=int(iat.timestamp()))))


@rejects(
    "sd-jwt+kb/time-as-text",
    "RFC 7519 2",
    "iat is a text",
    layer="key-binding",
    code="bad_numeric_date",
    place="kb/iat",
)
def time_as_text(broken: bool) -> Given:
    """RFC 9901 4.3: "`iat`: REQUIRED. The value of this claim MUST be the time at which the Key Binding JWT was issued using
    the syntax defined in" RFC 7519.
    """
    iat = int(WORLD.at.timestamp())
    return presented(bound(selected(), claims=set_to(iat=str(iat) if broken else iat)))
