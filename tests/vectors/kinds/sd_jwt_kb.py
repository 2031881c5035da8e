"""SD-JWT VC as presented: whether and by whom it is bound, and what has become of it since."""

from __future__ import annotations

from datetime import timedelta

from schemas.formats.jose import public_jwk, x5c_header
from tests.vectors.forge import HOLDER, bound, presented, reseal, sealed, selected, set_to, without
from tests.vectors.registry import Given, rejects, undetermined
from tests.vectors.scene import INDEX, WORLD, bits, entry, instant, token

OTHER = WORLD.holder(1)


@rejects(
    "sd-jwt+kb/no-key-binding", "RFC 9901 7.3", "not bound at all", layer="key-binding", code="key_binding_missing", place="key binding"
)
def no_key_binding(broken: bool) -> Given:
    """RFC 9901 7.3: "If Key Binding is required and the Holder has provided an SD-JWT (without Key Binding), the Verifier MUST
    reject the presentation."
    """
    return presented(selected() if broken else bound(selected()))


@rejects(
    "sd-jwt+kb/key-binding-not-wanted",
    "RFC 9901 7.3",
    "bound where the policy wants an SD-JWT alone",
    layer="key-binding",
    code="key_binding_unexpected",
    place="key_binding",
)
def key_binding_not_wanted(broken: bool) -> Given:
    """RFC 9901 4: "A Verifier that expects an SD-JWT MUST verify that the final tilde-separated component is empty." """
    return presented(bound(selected()), **({"key_binding": "none"} if broken else {}))


@rejects(
    "sd-jwt+kb/bound-by-another-key",
    "RFC 9901 7.3",
    "signed by a key that is not in cnf",
    layer="key-binding",
    code="key_binding_signature",
    place="kb/signature",
)
def bound_by_another_key(broken: bool) -> Given:
    """RFC 9901 7.3: "Validate the signature over the Key Binding JWT per Section 5.2 of RFC 7515." """
    return presented(bound(selected(), signer=OTHER if broken else HOLDER))


@rejects(
    "sd-jwt+kb/key-binding-alg-none",
    "RFC 9901 7.3",
    "the key binding is not signed",
    layer="signature",
    code="alg_not_allowed",
    place="kb/header/alg",
)
def key_binding_alg_none(broken: bool) -> Given:
    """RFC 9901 7.3: "The `none` algorithm MUST NOT be accepted." """
    return presented(bound(selected(), header=set_to(alg="none"), signer=None) if broken else bound(selected()))


@rejects(
    "sd-jwt+kb/key-binding-typ", "RFC 9901 7.3", "the key binding is a plain JWT", layer="parse", code="wrong_typ", place="kb/header/typ"
)
def key_binding_typ(broken: bool) -> Given:
    """RFC 9901 7.3: "Check that the `typ` of the Key Binding JWT is `kb+jwt`"."""
    return presented(bound(selected(), header=set_to(typ="JWT" if broken else "kb+jwt")))


@rejects(
    "sd-jwt+kb/key-binding-brings-jwk",
    "RFC 9901 7.3",
    "the key binding names its own key in the header",
    layer="parse",
    code="header_not_allowed",
    place="kb/header/jwk",
)
def key_binding_brings_jwk(broken: bool) -> Given:
    """RFC 9901 7.3: "Determine the public key for the Holder from the SD-JWT"."""
    own = {"jwk": public_jwk(OTHER.public_key)} if broken else {}
    return presented(bound(selected(), header=set_to(**own), signer=OTHER if broken else HOLDER))


@rejects(
    "sd-jwt+kb/key-binding-brings-certificate",
    "RFC 9901 7.3",
    "the key binding brings a certificate along",
    layer="parse",
    code="header_not_allowed",
    place="kb/header/x5c",
)
def key_binding_brings_certificate(broken: bool) -> Given:
    """RFC 9901 7.3: "Determine the public key for the Holder from the SD-JWT"."""
    own = {"x5c": x5c_header(WORLD.bank.identity.chain_der)} if broken else {}
    return presented(bound(selected(), header=set_to(**own)))


@rejects(
    "sd-jwt+kb/unbound-credential",
    "SD-JWT VC 2.4",
    "the credential names no holder key",
    layer="key-binding",
    code="cnf_missing",
    place="payload/cnf",
)
def unbound_credential(broken: bool) -> Given:
    """SD-JWT VC 2.4: "If Key Binding is required", "the Verifier MUST verify the KB-JWT"; "the `cnf` claim of the SD-JWT MUST
    be used."
    """
    credential = reseal(sealed(), payload=without("cnf")) if broken else sealed()
    return presented(bound(selected(credential)))


@rejects(
    "sd-jwt+kb/revoked",
    "Token Status List 7.1",
    "revoked between issuing and showing",
    layer="status",
    code="status_revoked",
    place="list",
)
def revoked(broken: bool) -> Given:
    """Token Status List 7.1: "The status of the Referenced Token is revoked, annulled, taken back, recalled or cancelled." """
    return presented(bound(selected()), status=[entry(token("jwt", bits=bits([INDEX] if broken else [])))])


@rejects(
    "sd-jwt+kb/disclosure-of-another-person",
    "RFC 9901 7.1",
    "a disclosure out of another resident's credential, bound along",
    layer="digest",
    code="unreferenced_disclosure",
    place="disclosure",
)
def disclosure_of_another_person(broken: bool) -> Given:
    """RFC 9901 7.1: "If any Disclosure was not referenced by digest value in the Issuer-signed JWT (directly or recursively
    via other Disclosures), the SD-JWT MUST be rejected."
    """
    other = sealed(index=INDEX + 1, content={"name": "髙橋　一郎"}).split("~")[1]
    return presented(bound(selected() + (f"{other}~" if broken else "")))


@undetermined(
    "sd-jwt+kb/list-older-than-purpose-allows",
    "design 4",
    "the purpose wants a list not older than a minute",
    code="status_list_stale",
    place="max_status_age",
)
def list_older_than_purpose_allows(broken: bool) -> Given:
    """Design 4: "A purpose's `max_status_age` may force a fresh fetch within a list's ttl." """
    return presented(bound(selected()), at=instant(timedelta(minutes=2)), max_status_age=60 if broken else 300)


@undetermined("sd-jwt+kb/list-not-at-hand", "Token Status List 8.3", "no list can be had", code="status_unavailable", place="status")
def list_not_at_hand(broken: bool) -> Given:
    """Token Status List 8.3: "If any of these checks fails, no statement about the status of the Referenced Token can be made
    and the Referenced Token SHOULD be rejected."
    """
    return presented(bound(selected()), **({"status": None} if broken else {}))
