"""SD-JWT VC as received: type, times and holder."""

from __future__ import annotations

from datetime import timedelta

from schemas.formats.jose import public_jwk
from tests.vectors.forge import HOLDER, issued, reseal, sealed, set_to, without
from tests.vectors.people import city_signer
from tests.vectors.registry import Given, rejects
from tests.vectors.scene import WORLD, instant
from tests.world import day
from tests.world.credentials import RESIDENT_RECORD

HOLDER_JWK = public_jwk(HOLDER.public_key)
OTHER_JWK = public_jwk(WORLD.holder(1).public_key)


def seconds(after: timedelta) -> int:
    return int((WORLD.at + after).timestamp())


@rejects(
    "sd-jwt/type-look-alike", "SD-JWT VC 2.2.2.1", "vct ends with a slash", layer="policy", code="type_not_accepted", place="payload/vct"
)
def type_look_alike(broken: bool) -> Given:
    """SD-JWT VC 2.2.2.1: "Its value MUST be a case-sensitive string serving as an identifier for the type of the SD-JWT VC." """
    return issued(sealed(payload={"vct": RESIDENT_RECORD.vct + ("/" if broken else "")}))


@rejects("sd-jwt/type-missing", "SD-JWT VC 2.2.2.3", "there is no vct", layer="parse", code="type_missing", place="payload/vct")
def type_missing(broken: bool) -> Given:
    """SD-JWT VC 2.2.2.3: "`vct`: REQUIRED. The type of the Verifiable Digital Credential, e.g.,
    `https://credentials.example.com/identity_credential`, as defined in" 2.2.2.1.
    """
    return issued(reseal(sealed(), payload=without("vct")) if broken else sealed())


@rejects("sd-jwt/expired", "RFC 7519 4.1.4", "exp was a minute ago", layer="validity", code="expired", place="payload/exp")
def expired(broken: bool) -> Given:
    """RFC 7519 4.1.4: "The "exp" (expiration time) claim identifies the expiration time on or after which the JWT MUST NOT be
    accepted for processing."
    """
    return issued(sealed(payload={"exp": seconds(timedelta(minutes=-1 if broken else 1))}))


@rejects("sd-jwt/last-second", "RFC 7519 4.1.4", "exp is this very second", layer="validity", code="expired", place="at")
def last_second(broken: bool) -> Given:
    """RFC 7519 4.1.4: "the expiration time on or after which the JWT MUST NOT be accepted for processing"."""
    credential = sealed(payload={"exp": seconds(timedelta(minutes=1))})
    return issued(credential, at=instant(timedelta(seconds=60 if broken else 59)))


@rejects("sd-jwt/not-yet-valid", "RFC 7519 4.1.5", "nbf is two minutes ahead", layer="validity", code="not_yet_valid", place="payload/nbf")
def not_yet_valid(broken: bool) -> Given:
    """RFC 7519 4.1.5: "The "nbf" (not before) claim identifies the time before which the JWT MUST NOT be accepted for
    processing."
    """
    return issued(sealed(payload={"nbf": seconds(timedelta(minutes=2 if broken else 0))}))


@rejects("sd-jwt/issued-ahead", "RFC 7519 4.1.6", "iat is tomorrow", layer="validity", code="not_yet_valid", place="payload/iat")
def issued_tomorrow(broken: bool) -> Given:
    """RFC 7519 4.1.6: "The "iat" (issued at) claim identifies the time at which the JWT was issued. This claim can be used to
    determine the age of the JWT."
    """
    return issued(sealed(payload={"iat": int(day(WORLD.at + timedelta(days=1 if broken else 0)).timestamp())}))


@rejects(
    "sd-jwt/issued-before-signer",
    "RFC 5280 4.1.2.5",
    "iat lies before the signer's certificate",
    layer="validity",
    code="issued_outside_signer",
    place="payload/iat",
)
def issued_before_signer(broken: bool) -> Given:
    """RFC 5280 4.1.2.5: "The certificate validity period is the time interval during which the CA warrants that it will
    maintain information about the status of the certificate."
    """
    return issued(sealed(payload={"iat": int(day(WORLD.at - timedelta(days=5 if broken else 1)).timestamp())}))


@rejects(
    "sd-jwt/outlives-signer",
    "RFC 5280 4.1.2.5",
    "exp lies behind the end of the signer's certificate",
    layer="validity",
    code="outlives_signer",
    place="header/x5c/0/notAfter",
)
def outlives_signer(broken: bool) -> Given:
    """RFC 5280 4.1.2.5: "The certificate validity period is the time interval during which the CA warrants that it will
    maintain information about the status of the certificate."
    """
    return issued(sealed(identity=city_signer(not_after=WORLD.at + timedelta(days=7 if broken else 30))))


@rejects("sd-jwt/no-end", "HAIP 1.0 6.1", "there is no exp", layer="validity", code="validity_missing", place="payload/exp")
def no_end(broken: bool) -> Given:
    """RFC 9901 7.1: "If a required validity-controlling claim is missing", "the SD-JWT MUST be rejected." """
    return issued(reseal(sealed(), payload=without("exp")) if broken else sealed())


@rejects("sd-jwt/end-as-text", "RFC 7519 4.1.4", "exp is a text", layer="validity", code="bad_numeric_date", place="payload/exp")
def end_as_text(broken: bool) -> Given:
    """RFC 7519 4.1.4: "Its value MUST be a number containing a NumericDate value." """
    end = seconds(timedelta(days=1))
    return issued(sealed(payload={"exp": str(end) if broken else end}))


@rejects(
    "sd-jwt/held-by-parent",
    "design 4",
    "held by a parent, where the purpose accepts the subject alone",
    layer="policy",
    code="holder_relation_not_accepted",
    place="payload/holder_relation",
)
def held_by_parent(broken: bool) -> Given:
    """Design 4: "where the holder is not the subject `holder_relation` (parent, guardian, agent), which verification rejects
    unless the policy allows it".
    """
    return issued(sealed(content={"holder_relation": "parent"}) if broken else sealed())


@rejects(
    "sd-jwt/bound-to-another-key",
    "OpenID4VCI 1.0 8.3",
    "the copy is bound to a key that this wallet did not prove",
    layer="key-binding",
    code="holder_key_mismatch",
    place="payload/cnf/jwk",
)
def bound_to_another_key(broken: bool) -> Given:
    """OpenID4VCI 1.0 8.3: "Each key provided by the Wallet is used to bind to, at most, one Credential." """
    jwk = OTHER_JWK if broken else HOLDER_JWK
    return issued(sealed(payload={"cnf": {"jwk": jwk}}), holder_key=HOLDER_JWK)


@rejects("sd-jwt/bound-to-nothing", "SD-JWT VC 2.2.2.3", "there is no cnf", layer="key-binding", code="cnf_missing", place="payload/cnf")
def bound_to_nothing(broken: bool) -> Given:
    """SD-JWT VC 2.2.2.3: "`cnf`: OPTIONAL unless cryptographic Key Binding is to be supported, in which case it is
    REQUIRED."
    """
    return issued(reseal(sealed(), payload=without("cnf")) if broken else sealed(), holder_key=HOLDER_JWK)


@rejects("sd-jwt/bound-by-key-id", "HAIP 1.0 6.1", "cnf names the key by kid", layer="key-binding", code="cnf_not_jwk", place="payload/cnf")
def bound_by_key_id(broken: bool) -> Given:
    """HAIP 1.0 6.1: "Implementations conforming to this profile MUST include the JSON Web Key" "in the `jwk` sub claim." """
    cnf = {"kid": "holder-1"} if broken else {"jwk": HOLDER_JWK}
    return issued(reseal(sealed(), payload=set_to(cnf=cnf)), holder_key=HOLDER_JWK)


@rejects(
    "sd-jwt/private-key-in-cnf",
    "RFC 7800 3.2",
    "cnf gives the holder's private key away",
    layer="key-binding",
    code="bad_jwk",
    place="payload/cnf/jwk/d",
)
def private_key_in_cnf(broken: bool) -> Given:
    """RFC 7800 3.2: "When the key held by the presenter is an asymmetric private key, the "jwk" member is a JSON Web Key [JWK]
    representing the corresponding asymmetric public key."
    """
    secret = {"d": "A" * 43} if broken else {}
    return issued(reseal(sealed(), payload=set_to(cnf={"jwk": HOLDER_JWK | secret})), holder_key=HOLDER_JWK)
