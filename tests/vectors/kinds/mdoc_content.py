"""IssuerSigned as received: digests, times, type and status."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from schemas.formats.jose import public_jwk
from schemas.formats.status_list import StatusReference
from tests.vectors.forge import HOLDER
from tests.vectors.forge_mdoc import COMMON, edited, issued_given, resealed, sealed, with_item
from tests.vectors.people import WARIFU, city_signer
from tests.vectors.registry import Given, rejects, undetermined
from tests.vectors.scene import INDEX, WORLD, bits, entry, token
from tests.world.credentials import BASIC_FOUR

K = "mdoc-issuer-signed"


@rejects(
    f"{K}/altered-element",
    "ISO/IEC 18013-5 9.3.1",
    "the IVS was taken out of the family name",
    layer="digest",
    code="digest_mismatch",
    place="item/value",
)
def altered_element(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.3.1 (in our words): a digest computed over an item as received must equal the one in the MSO."""
    changed = {"elementValue": "渡邉"} if broken else {}
    return issued_given(with_item(sealed(), COMMON, "family_name_unicode", lambda item: item.update(changed), signed=False))


@rejects(
    f"{K}/reencoded-element",
    "ISO/IEC 18013-5 9.1.2.5",
    "an item was decoded and written again with its members in another order",
    layer="digest",
    code="digest_mismatch",
    place="item/encoding",
)
def reencoded_element(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.1.2.5 (in our words): the digest covers IssuerSignedItemBytes, tag and length included."""

    def reorder(item: dict[str, Any]) -> None:
        members = sorted(item.items()) if broken else list(item.items())
        item.clear()
        item.update(members)

    return issued_given(with_item(sealed(), COMMON, "family_name_unicode", reorder, signed=False))


@rejects(
    f"{K}/foreign-namespace",
    "ISO/IEC 18013-5 9.3.1",
    "items stand in a namespace for which the issuer signed no digests",
    layer="digest",
    code="digest_missing",
    place="nameSpaces",
)
def foreign_namespace(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.3.1 (in our words): the digest of an item is looked up under its own namespace in the MSO."""

    def move(structure: dict[str, Any]) -> None:
        items = structure["nameSpaces"].pop(COMMON)
        structure["nameSpaces"]["org.iso.18013.5.1" if broken else COMMON] = items

    return issued_given(edited(sealed(), move))


@rejects(f"{K}/element-twice", "ISO/IEC 18013-5 9.3.1", "one item stands twice", layer="digest", code="duplicate_item", place="nameSpaces")
def element_twice(broken: bool) -> Given:
    """ISO/IEC 18013-5 8.3.2.1.2.2 (in our words): within a namespace an element identifier stands for one element."""

    def repeat(structure: dict[str, Any]) -> None:
        items = structure["nameSpaces"][COMMON]
        items.extend(items[:1] if broken else [])

    return issued_given(edited(sealed(), repeat))


@rejects(
    f"{K}/short-random",
    "ISO/IEC 18013-5 9.1.2.5",
    "the random of an item has 8 bytes",
    layer="digest",
    code="random_too_short",
    place="item/random",
)
def short_random(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.1.2.5 (in our words): random has at least 16 bytes."""
    length = 8 if broken else 16
    return issued_given(with_item(sealed(), COMMON, "birth_date", lambda item: item.update(random=item["random"][:length])))


@rejects(
    f"{K}/digest-algorithm",
    "HAIP 1.0 8",
    "the digests are named SHA-512",
    layer="digest",
    code="digest_algorithm_not_allowed",
    place="mso/digestAlgorithm",
)
def digest_algorithm(broken: bool) -> Given:
    """HAIP 1.0 8: "The hash algorithm SHA-256 MUST be supported by all the entities to generate and validate the digests in the
    IETF SD-JWT VC and ISO mdoc."
    """
    return issued_given(resealed(sealed(), mso=lambda mso: mso.update(digestAlgorithm="SHA-512" if broken else "SHA-256")))


@rejects(f"{K}/expired", "ISO/IEC 18013-5 9.3.1", "validUntil has passed", layer="validity", code="expired", place="mso/validUntil")
def expired(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.3.1 (in our words): the current time lies within validFrom and validUntil."""
    return issued_given(sealed(valid_until=WORLD.at + timedelta(minutes=-1 if broken else 1)))


@rejects(
    f"{K}/not-yet-valid", "ISO/IEC 18013-5 9.3.1", "validFrom is tomorrow", layer="validity", code="not_yet_valid", place="mso/validFrom"
)
def not_yet_valid(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.3.1 (in our words): the current time lies within validFrom and validUntil."""
    return issued_given(sealed(valid_from=WORLD.at + timedelta(days=1 if broken else 0)))


@rejects(
    f"{K}/signed-before-signer",
    "ISO/IEC 18013-5 9.3.1",
    "signed before the signer's certificate began",
    layer="validity",
    code="issued_outside_signer",
    place="mso/signed",
)
def signed_before_signer(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.3.1 (in our words): `signed` lies within the validity period of the document signer's certificate."""
    return issued_given(sealed(signed=WORLD.at - timedelta(days=5 if broken else 1)))


@rejects(
    f"{K}/outlives-signer",
    "RFC 5280 4.1.2.5",
    "validUntil lies behind the end of the signer's certificate",
    layer="validity",
    code="outlives_signer",
    place="unprotected/x5chain/0/notAfter",
)
def outlives_signer(broken: bool) -> Given:
    """RFC 5280 4.1.2.5: "The certificate validity period is the time interval during which the CA warrants that it will
    maintain information about the status of the certificate."
    """
    return issued_given(sealed(identity=city_signer(not_after=WORLD.at + timedelta(days=7 if broken else 30))))


@rejects(
    f"{K}/type-not-asked-for",
    "design 3",
    "basic-four stands where a resident record is due",
    layer="policy",
    code="type_not_accepted",
    place="mso/docType",
)
def type_not_asked_for(broken: bool) -> Given:
    """OpenID4VP B.2.3: "`doctype_value`: REQUIRED. String that specifies an allowed value for the doctype of the requested
    Verifiable Credential."
    """
    credential = WORLD.mdoc(kind=BASIC_FOUR, index=INDEX)
    return issued_given(credential, **({} if broken else {"kind": BASIC_FOUR}))


@rejects(
    f"{K}/bound-to-another-key",
    "OpenID4VCI 1.0 8.3",
    "the copy is bound to a key that this wallet did not prove",
    layer="key-binding",
    code="holder_key_mismatch",
    place="mso/deviceKey",
)
def bound_to_another_key(broken: bool) -> Given:
    """OpenID4VCI 1.0 8.3: "Each key provided by the Wallet is used to bind to, at most, one Credential." """
    key = (WORLD.holder(1) if broken else HOLDER).public_key
    return issued_given(sealed(), holder_key=public_jwk(key))


@rejects(
    f"{K}/held-by-agent",
    "design 4",
    "held by an agent, where the purpose accepts the subject alone",
    layer="policy",
    code="holder_relation_not_accepted",
    place="item/holder_relation",
)
def held_by_agent(broken: bool) -> Given:
    """Design 4: "where the holder is not the subject `holder_relation` (parent, guardian, agent), which verification rejects
    unless the policy allows it".
    """
    return issued_given(sealed(content={"holder_relation": "agent"}) if broken else sealed())


@rejects(f"{K}/revoked", "Token Status List 7.1", "the copy was revoked", layer="status", code="status_revoked", place="list")
def revoked(broken: bool) -> Given:
    """Token Status List 7.1: "The status of the Referenced Token is revoked, annulled, taken back, recalled or cancelled." """
    return issued_given(sealed(), status=[entry(token("cwt", bits=bits([INDEX] if broken else [])))])


@rejects(f"{K}/no-status", "design 3", "the MSO names no status", layer="status", code="status_missing", place="mso/status")
def no_status(broken: bool) -> Given:
    """Design 3: "Nothing is ever issued without a status." """
    return issued_given(sealed(status="none" if broken else None))


@rejects(
    f"{K}/index-behind-list",
    "Token Status List 8.3",
    "idx lies behind the end of the list",
    layer="status",
    code="status_index_out_of_bounds",
    place="mso/status/idx",
)
def index_behind_list(broken: bool) -> Given:
    """Token Status List 8.3: "If the provided index is out of bounds of the Status List, no statement about the status of the
    Referenced Token can be made and the Referenced Token MUST be rejected."
    """
    return issued_given(sealed(status=StatusReference(WARIFU.status_uri("cwt"), 1024 if broken else 1023)))


@undetermined(
    f"{K}/list-of-wrong-form", "Token Status List 8.1", "only the JWT list is at hand", code="status_unavailable", place="status/media_type"
)
def list_of_wrong_form(broken: bool) -> Given:
    """Design 4: "JWT lists for SD-JWT VC and CWT lists for mdoc, each at its own URI"."""
    return issued_given(sealed(), status=[entry(token("jwt" if broken else "cwt"))])
