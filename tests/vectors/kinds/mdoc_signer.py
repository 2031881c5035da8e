"""IssuerSigned as received: who signed, and whether that authority may."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from schemas.formats.cbor import cbor_decode
from tests.vectors.forge_mdoc import NATIONAL, edited, issued_given, resealed, sealed
from tests.vectors.people import TONARI, WARIFU, city_signer, self_signed, stranger
from tests.vectors.registry import Given, rejects
from tests.vectors.scene import anchor

K = "mdoc-issuer-signed"


@rejects(f"{K}/no-chain", "RFC 9360 2", "no certificate", layer="chain", code="chain_missing", place="unprotected/x5chain")
def no_chain(broken: bool) -> Given:
    """RFC 9360 2: "x5chain: This header parameter contains an ordered array of X.509 certificates." """
    return issued_given(resealed(sealed(), unprotected=lambda head: head.pop(33) if broken else None))


@rejects(f"{K}/chain-of-text", "RFC 9360 2", "the certificate is text", layer="chain", code="bad_x5chain", place="unprotected/x5chain")
def chain_of_text(broken: bool) -> Given:
    """RFC 9360 2: "COSE_X509 = bstr / [ 2*certs: bstr ]"."""
    return issued_given(resealed(sealed(), unprotected=lambda head: head.update({33: head[33].hex() if broken else head[33]})))


@rejects(
    f"{K}/root-in-chain",
    "HAIP 1.0 6.1.1",
    "the chain brings its own root along",
    layer="chain",
    code="anchor_in_chain",
    place="unprotected/x5chain/1",
)
def root_in_chain(broken: bool) -> Given:
    """ISO/IEC 18013-5 9.3.3 (in our words): the IACA root is the verifier's own and does not come with the document."""
    root = WARIFU.root.certificate.public_bytes(Encoding.DER)
    return issued_given(sealed(chain_der=[*WARIFU.document_signer.chain_der, *([root] if broken else [])]))


@rejects(
    f"{K}/self-signed",
    "ISO/IEC 18013-5 B.1.4",
    "the signer certified itself",
    layer="chain",
    code="leaf_self_signed",
    place="unprotected/x5chain/0",
)
def self_signed_leaf(broken: bool) -> Given:
    """ISO/IEC 18013-5 B.1.4 (in our words): a document signer's certificate is issued by the IACA."""
    return issued_given(sealed(identity=self_signed() if broken else None))


@rejects(
    f"{K}/unknown-root",
    "RFC 5280 6.1",
    "a city that nobody trusts",
    layer="chain",
    code="chain_untrusted",
    place="unprotected/x5chain/0/issuer",
)
def unknown_root(broken: bool) -> Given:
    """RFC 5280 6.1: "based on the public key of the trust anchor"."""
    return issued_given(sealed(identity=city_signer(issuer=stranger()) if broken else None))


@rejects(
    f"{K}/status-signer",
    "RFC 5280 4.2.1.12",
    "the city's status signer signs a credential",
    layer="chain",
    code="extended_key_usage_mismatch",
    place="unprotected/x5chain/0/extendedKeyUsage",
)
def status_signer(broken: bool) -> Given:
    """RFC 5280 4.2.1.12: "If the extension is present, then the certificate MUST only be used for one of the purposes
    indicated."
    """
    return issued_given(sealed(identity=WARIFU.status_signer if broken else None))


@rejects(
    f"{K}/states-another-city",
    "design 4",
    "割符市 signs, but 隣町市 is stated as the issuing municipality",
    layer="chain",
    code="issuing_municipality_mismatch",
    place="item/issuing_municipality_code",
)
def states_another_city(broken: bool) -> Given:
    """Design 4: "Always disclosed: `certified_on` (day only), issuing municipality"; design 3: "issuer bound to its municipality
    code".
    """
    return issued_given(sealed(content={"issuing_municipality.code": "999989" if broken else "999997"}))


@rejects(
    f"{K}/signed-by-another-city",
    "design 3",
    "隣町市, trusted for itself, signs a record that 割符市 is said to have issued",
    layer="chain",
    code="issuing_municipality_mismatch",
    place="unprotected/x5chain/0/subject",
)
def signed_by_another_city(broken: bool) -> Given:
    """Design 3: "Policy comes from the request that was sent and from the anchor and type concerned (status required, issuer
    bound to its municipality code".
    """
    signer = TONARI.document_signer if broken else WARIFU.document_signer
    return issued_given(sealed(identity=signer), anchors=[anchor(WARIFU), anchor(TONARI)])


@rejects(
    f"{K}/states-no-city",
    "design 4",
    "the element that names the issuing municipality is left out",
    layer="chain",
    code="issuing_municipality_mismatch",
    place="nameSpaces",
)
def states_no_city(broken: bool) -> Given:
    """Design 4: "Always disclosed: `certified_on` (day only), issuing municipality"."""

    def leave_out(structure: dict[str, Any]) -> None:
        items = structure["nameSpaces"][NATIONAL]
        gone = "issuing_municipality_code" if broken else "full_name_unicode"
        structure["nameSpaces"][NATIONAL] = [one for one in items if cbor_decode(one.value)["elementIdentifier"] != gone]

    return issued_given(edited(sealed(), leave_out))
