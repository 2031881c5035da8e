"""SD-JWT VC as presented: the holder's signature for one verifier and one transaction."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from schemas.formats.jose import public_jwk, x5c_header
from schemas.formats.sdjwt import select_disclosures
from tests.vectors.forge import HOLDER, bound, presented, reseal, sealed, selected, set_to, without
from tests.vectors.kinds.sd_jwt_accepted import claims_of
from tests.vectors.registry import Given, accepts, rejects
from tests.vectors.scene import INDEX, SLIM, WORLD, bits, content, entry, person, token
from tests.world.credentials import RESIDENT_RECORD

OTHER = WORLD.holder(1)
KEPT = ("certified_on", "issuing_municipality.code", "issuing_municipality.name")


def shown(*names: str) -> dict[str, Any]:
    """Return the content of the slim sample reduced to what is always disclosed and ``names``."""
    return {name: value for name, value in content(**SLIM).items() if name in (*KEPT, *names)}


@accepts("sd-jwt+kb/four-disclosures", "RFC 9901 7.3", "氏 with IVS, birth date and prefecture, the address's disclosure among them")
def four_disclosures() -> tuple[Given, Any]:
    """RFC 9901 7.3: "if Key Binding is required, then the Holder has provided an SD-JWT+KB, and the Key Binding JWT is signed
    by the Holder and valid".
    """
    return presented(bound(selected())), claims_of(shown("family_name", "birthdate", "address.prefecture"))


@accepts("sd-jwt+kb/nothing-disclosed", "RFC 9901 7.3", "nothing but what is always disclosed: a resident of the city, by name nobody")
def nothing_disclosed() -> tuple[Given, Any]:
    """RFC 9901 4: "An SD-JWT is composed of an Issuer-signed JWT and zero or more Disclosures." """
    return presented(bound(select_disclosures(sealed(), []))), claims_of(shown())


@accepts("sd-jwt+kb/former-name", "RFC 9901 7.3", "旧氏 and the birth date as registered, in eras, with 月日不詳")
def former_name() -> tuple[Given, Any]:
    """RFC 9901 7.3: "the Processed SD-JWT Payload can be passed to the application to be used for the intended purpose". """
    changes = {"birthdate": "1961-XX-XX", "birth_date_text": "昭和36年 月日不詳"}
    credential = sealed(content=changes)
    paths = [("former_family_name",), ("birthdate",), ("birth_date_text",)]
    claims = shown("former_family_name", "birthdate", "birth_date_text") | changes
    return presented(bound(select_disclosures(credential, paths))), claims_of(claims)


@accepts("sd-jwt+kb/tsusho", "RFC 9901 7.3", "a foreign resident shows 通称 and the period of stay alone")
def tsusho() -> tuple[Given, Any]:
    """RFC 9901 7.3: "Otherwise, the Processed SD-JWT Payload can be passed to the application". """
    from schemas.credentials import AppliesTo

    foreign = RESIDENT_RECORD.sample(AppliesTo.FOREIGN)
    credential = WORLD.sd_jwt(index=INDEX, content=person(foreign))
    names = ("tsusho", "residence_status", "stay_expires_on")
    claims = {name: foreign[name] for name in names} | shown()
    return presented(bound(select_disclosures(credential, [(name,) for name in names]))), claims_of(claims)


@accepts("sd-jwt+kb/without-key-binding", "RFC 9901 7.3", "looked at where the policy wants no key binding")
def without_key_binding() -> tuple[Given, Any]:
    """RFC 9901 7.3: "Determine if Key Binding is to be checked according to the Verifier's policy for the use case at hand." """
    claims = claims_of(shown("family_name", "birthdate", "address.prefecture"))
    return presented(selected(), key_binding="none", nonce=None, audience=None), claims


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
    """RFC 9901 4: "A Verifier that expects an SD-JWT MUST verify that the last tilde-separated component is empty". """
    return presented(bound(selected()), **({"key_binding": "none"} if broken else {}))


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


@rejects(
    "sd-jwt+kb/no-nonce", "RFC 9901 4.3", "bound without a nonce", layer="key-binding", code="nonce_mismatch", place="kb/claims"
)
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
    """OpenID4VP B.3.6: "the `aud` claim MUST be the value of the Client Identifier". """
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
    """OpenID4VP 5.9.1: "the Client Identifier Prefix" is part of the identifier: "The Client Identifier value" is used "in its
    entirety".
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
    """RFC 9901 7.3: "Check that the `typ` of the Key Binding JWT is `kb+jwt`". """
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
    """RFC 9901 7.3: "Determine the public key for the Holder from the SD-JWT". """
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
    """RFC 9901 7.3: "Determine the public key for the Holder from the SD-JWT". """
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
