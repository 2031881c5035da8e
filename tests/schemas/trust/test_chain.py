"""Who signed: every way in which a chain must not be believed (threat rows A27–A30, B07, B08, B09)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import WarifuError
from schemas.trust import (
    Anchors,
    Authority,
    SigningIdentity,
    Subject,
    TrustAnchor,
    TrustPurpose,
    build_intermediate,
    build_leaf,
    build_root,
    check_chain,
    check_path_times,
)
from schemas.trust.chain import identify_signer
from schemas.trust.profiles import DOCUMENT_SIGNER, EXTENDED_KEY_USAGE, MDL_DOCUMENT_SIGNER, STATUS_SIGNER
from tests.world.actors import AT, City, certificate_serial, signer_for

CITY = City("999997", "割符市", "warifu.example")
OTHER = City("999989", "隣町市", "tonari.example")
ANCHORS = Anchors([CITY.anchor, OTHER.anchor])
LEAF = CITY.document_signer


def der(*certificates: x509.Certificate) -> tuple[bytes, ...]:
    return tuple(certificate.public_bytes(Encoding.DER) for certificate in certificates)


def refused(chain: Sequence[bytes], *, anchors: Anchors = ANCHORS, purpose: TrustPurpose = TrustPurpose.ISSUER, at: datetime = AT) -> str:
    with pytest.raises(WarifuError) as refusal:
        check_chain(chain, anchors=anchors, purpose=purpose, at=at)
    assert refusal.value.layer == "chain"
    assert refusal.value.clause
    return refusal.value.code


def hand_made(
    change: Callable[[x509.CertificateBuilder], x509.CertificateBuilder],
    *,
    issuer: Authority = CITY.root,
    subject: x509.Name | None = None,
    key: Any = None,
    usage: x509.KeyUsage | None = None,
    times: tuple[datetime, datetime] = (AT - timedelta(hours=48), AT + timedelta(days=90)),
) -> x509.Certificate:
    """A certificate of the city's root with arbitrary extensions, good but for what the test does to it."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject or Subject("Signer", CITY.name, CITY.code).to_name())
        .issuer_name(issuer.certificate.subject)
        .public_key(key or signer_for("hand made").public_key)
        .serial_number(4711)
        .not_valid_before(times[0])
        .not_valid_after(times[1])
    )
    if usage is not None:
        builder = builder.add_extension(usage, critical=True)
    return change(builder).sign(issuer.signer.private_key, hashes.SHA256())  # type: ignore[attr-defined]  # a key of the world


def key_usage(**changes: bool) -> x509.KeyUsage:
    names = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
    names += ["key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**({name: name == "digital_signature" for name in names} | changes))


SIGNS = key_usage()
CERTIFIES = key_usage(digital_signature=False, key_cert_sign=True, crl_sign=True)
EKU = x509.ExtendedKeyUsage([DOCUMENT_SIGNER])


def with_eku(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    return builder.add_extension(EKU, critical=True)


def test_a_good_chain_identifies_its_signer() -> None:
    identity = check_chain(LEAF.chain_der, anchors=ANCHORS, purpose=TrustPurpose.ISSUER, at=AT)
    assert identity.public_key == LEAF.signer.public_key
    assert identity.anchor == CITY.anchor
    assert identity.municipality == "999997"
    assert identity.issuer_uris == ("https://warifu.example/999997",)
    assert identity.organization == "割符市"
    assert len(identity.authority_key_ids) == 1


@pytest.mark.parametrize("purpose", list(TrustPurpose))
def test_every_purpose_has_its_own_certificate(purpose: TrustPurpose) -> None:
    """A28, B08: a certificate for one purpose serves no other."""
    anchor = TrustAnchor(purposes=frozenset(TrustPurpose), certificate=CITY.root.certificate, municipality="999997")
    chain = CITY.signing_identity(purpose).chain_der
    check_chain(chain, anchors=Anchors([anchor]), purpose=purpose, at=AT)
    for other in set(TrustPurpose) - {purpose}:
        assert refused(chain, anchors=Anchors([anchor]), purpose=other) == "extended_key_usage_mismatch"


def test_nothing_is_trusted_without_anchors() -> None:
    """B07: there is no default trust."""
    assert refused(LEAF.chain_der, anchors=Anchors([])) == "chain_untrusted"
    assert refused((), anchors=Anchors([])) == "chain_missing"
    assert refused(()) == "chain_missing"


def test_an_anchor_of_another_purpose_trusts_nothing() -> None:
    reader = TrustAnchor(purposes=frozenset({TrustPurpose.READER}), certificate=CITY.root.certificate)
    assert refused(LEAF.chain_der, anchors=Anchors([reader])) == "chain_untrusted"


def test_self_signed_leaf() -> None:
    """A27."""
    signer = signer_for("self")
    root = build_root(
        subject=Subject("Self", "Self"), signer=signer, serial=7, not_before=AT - timedelta(days=1), not_after=AT + timedelta(days=1)
    )
    assert refused(der(root)) == "leaf_self_signed"
    assert refused(der(CITY.root.certificate)) == "leaf_self_signed"


def test_anchor_in_chain() -> None:
    assert refused((*LEAF.chain_der, *der(CITY.root.certificate))) == "anchor_in_chain"
    assert refused((*LEAF.chain_der, *der(OTHER.root.certificate))) == "anchor_in_chain"


def false_root() -> Authority:
    """An authority that calls itself like the city's, with a key of its own."""
    signer = signer_for("false root")
    subject = Subject(f"{CITY.name} Root", CITY.name, CITY.code)
    times = {"not_before": AT - timedelta(days=3), "not_after": AT + timedelta(days=300)}
    return Authority(build_root(subject=subject, signer=signer, serial=9, **times), signer)


def test_a_root_of_the_same_name_is_not_the_root() -> None:
    """A27: the signature decides, not the name."""
    assert false_root().certificate.subject == CITY.root.certificate.subject
    leaf = hand_made(with_eku, issuer=false_root(), usage=SIGNS)
    assert refused(der(leaf)) == "chain_broken"


def test_a_renewed_root_of_the_same_name_is_found() -> None:
    renewed = false_root()
    leaf = hand_made(with_eku, issuer=renewed, usage=SIGNS)
    second = TrustAnchor(purposes=frozenset({TrustPurpose.ISSUER}), certificate=renewed.certificate, municipality="999997")
    for anchors in (Anchors([CITY.anchor, second]), Anchors([second, CITY.anchor])):
        assert check_chain(der(leaf), anchors=anchors, purpose=TrustPurpose.ISSUER, at=AT).anchor == second
        assert check_chain(LEAF.chain_der, anchors=anchors, purpose=TrustPurpose.ISSUER, at=AT).anchor == CITY.anchor


def test_unknown_authority() -> None:
    signer = signer_for("nobody")
    times = {"not_before": AT - timedelta(days=3), "not_after": AT + timedelta(days=300)}
    nobody = Authority(build_root(subject=Subject("Nobody", "Nobody"), signer=signer, serial=9, **times), signer)
    assert refused(der(hand_made(with_eku, issuer=nobody, usage=SIGNS))) == "chain_untrusted"


def test_size_limits() -> None:
    """A27: at most four certificates of at most 8 KiB, before anything is parsed."""
    assert refused([b"\x30"] * 5) == "chain_too_long"
    assert refused([b"\x30"] * 4) == "bad_certificate"
    assert refused([b"\x30" * 8193]) == "certificate_too_large"
    assert refused([b"\x30" * 8192]) == "bad_certificate"


def intermediate(name: str = "Sub", *, issuer: Authority = CITY.root, key: str = "sub") -> Authority:
    signer = signer_for(key)
    times = {"not_before": AT - timedelta(days=3), "not_after": AT + timedelta(days=300)}
    subject = Subject(name, CITY.name, CITY.code)
    certificate = build_intermediate(subject=subject, public_key=signer.public_key, issuer=issuer, serial=certificate_serial(key), **times)
    return Authority(certificate, signer)


def deep_root(path_length: int) -> tuple[Authority, Anchors]:
    signer = signer_for("deep root")
    times = {"not_before": AT - timedelta(days=3), "not_after": AT + timedelta(days=300)}
    subject = Subject("Deep Root", CITY.name, CITY.code)
    root = build_root(subject=subject, signer=signer, serial=11, path_length=path_length, **times)
    anchor = TrustAnchor(purposes=frozenset({TrustPurpose.ISSUER}), certificate=root, municipality="999997")
    return Authority(root, signer), Anchors([anchor])


def test_intermediate_within_path_length() -> None:
    root, anchors = deep_root(1)
    sub = intermediate(issuer=root)
    leaf = hand_made(with_eku, issuer=sub, usage=SIGNS)
    identity = check_chain(der(leaf, sub.certificate), anchors=anchors, purpose=TrustPurpose.ISSUER, at=AT)
    assert identity.municipality == "999997"


def test_path_length() -> None:
    """A30: a municipal root certifies signers, not further authorities."""
    sub = intermediate()
    leaf = hand_made(with_eku, issuer=sub, usage=SIGNS)
    assert refused(der(leaf, sub.certificate)) == "chain_broken"


def test_a_leaf_certifies_nobody() -> None:
    """A30: CA:false in the middle."""
    root, anchors = deep_root(1)
    for extensions in (lambda b: b, lambda b: b.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)):
        middle = hand_made(extensions, issuer=root, key=signer_for("middle").public_key, usage=CERTIFIES)
        leaf = hand_made(
            with_eku, issuer=Authority(middle, signer_for("middle")), usage=SIGNS, subject=Subject("L", "L", CITY.code).to_name()
        )
        assert refused(der(leaf, middle), anchors=anchors) == "chain_broken"


def test_an_authority_must_be_allowed_to_certify() -> None:
    """A30: keyCertSign."""
    root, anchors = deep_root(1)

    def authority(builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
        return builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)

    for usage, code in ((CERTIFIES, None), (SIGNS, "chain_broken"), (None, "chain_broken")):
        middle = hand_made(authority, issuer=root, key=signer_for("middle").public_key, usage=usage)
        leaf = hand_made(
            with_eku, issuer=Authority(middle, signer_for("middle")), usage=SIGNS, subject=Subject("L", "L", CITY.code).to_name()
        )
        if code is None:
            check_chain(der(leaf, middle), anchors=anchors, purpose=TrustPurpose.ISSUER, at=AT)
        else:
            assert refused(der(leaf, middle), anchors=anchors) == code


def test_order_and_strangers() -> None:
    """A27: reversed, with a gap, with an unrelated certificate."""
    root, anchors = deep_root(2)
    upper = Authority(
        hand_made(
            lambda b: b.add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True).add_extension(
                x509.SubjectKeyIdentifier.from_public_key(signer_for("upper").public_key), critical=False
            ),
            issuer=root,
            key=signer_for("upper").public_key,
            usage=CERTIFIES,
            subject=Subject("Upper", CITY.name).to_name(),
        ),
        signer_for("upper"),
    )
    lower = intermediate("Lower", issuer=upper, key="lower")
    leaf = hand_made(with_eku, issuer=lower, usage=SIGNS)
    check_chain(der(leaf, lower.certificate, upper.certificate), anchors=anchors, purpose=TrustPurpose.ISSUER, at=AT)
    stranger = OTHER.document_signer.certificate
    assert refused(der(upper.certificate, lower.certificate, leaf), anchors=anchors) == "chain_untrusted"
    assert refused(der(leaf, upper.certificate), anchors=anchors) == "chain_broken"
    assert refused(der(leaf, stranger, lower.certificate, upper.certificate), anchors=anchors) == "chain_order"
    assert refused(der(leaf, lower.certificate, lower.certificate, upper.certificate), anchors=anchors) == "chain_order"
    assert refused(der(leaf, lower.certificate, upper.certificate, stranger), anchors=anchors) == "chain_untrusted"


@pytest.mark.parametrize(
    ("extension", "critical", "code"),
    [
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.1"), b"\x05\x00"), True, "chain_broken"),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("2.999.1"), b"\x05\x00"), False, None),
        (x509.BasicConstraints(ca=True, path_length=None), True, "leaf_is_ca"),
        (x509.BasicConstraints(ca=False, path_length=None), True, None),
        (x509.SubjectAlternativeName([x509.DNSName("*.warifu.example")]), False, "wildcard_name"),
        (x509.SubjectAlternativeName([x509.UniformResourceIdentifier("https://*.example/999997")]), False, "wildcard_name"),
        (x509.SubjectAlternativeName([x509.DNSName("warifu.example")]), False, None),
    ],
)
def test_extensions_of_the_leaf(extension: x509.ExtensionType, critical: bool, code: str | None) -> None:
    """A30: unknown critical extensions, authority as signer, wildcard names."""
    leaf = hand_made(lambda b: with_eku(b).add_extension(extension, critical=critical), usage=SIGNS)
    if code is None:
        check_chain(der(leaf), anchors=ANCHORS, purpose=TrustPurpose.ISSUER, at=AT)
    else:
        assert refused(der(leaf)) == code


@pytest.mark.parametrize(
    "usage",
    [
        None,
        key_usage(digital_signature=False, content_commitment=True),
        key_usage(content_commitment=True),
        key_usage(key_agreement=True),
        key_usage(key_encipherment=True),
        key_usage(data_encipherment=True),
        key_usage(key_cert_sign=True),
        key_usage(crl_sign=True),
    ],
)
def test_key_usage_of_the_leaf(usage: x509.KeyUsage | None) -> None:
    """B08: the signer signs and does nothing else."""
    assert refused(der(hand_made(with_eku, usage=usage))) == "key_usage_mismatch"


def test_key_usage_is_critical() -> None:
    assert refused(der(hand_made(lambda b: with_eku(b).add_extension(SIGNS, critical=False)))) == "key_usage_mismatch"


@pytest.mark.parametrize(
    "usages",
    [[], [STATUS_SIGNER], [MDL_DOCUMENT_SIGNER], [DOCUMENT_SIGNER, STATUS_SIGNER], [x509.oid.ExtendedKeyUsageOID.SERVER_AUTH],
     [x509.oid.ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE], [DOCUMENT_SIGNER, x509.oid.ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE]],
)  # fmt: skip
def test_extended_key_usage_of_the_leaf(usages: list[x509.ObjectIdentifier]) -> None:
    """A28, B08: a web server's certificate of the same authority signs no credential."""
    leaf = hand_made(lambda b: b.add_extension(x509.ExtendedKeyUsage(usages), critical=True) if usages else b, usage=SIGNS)
    assert refused(der(leaf)) == "extended_key_usage_mismatch"


@pytest.mark.parametrize("code", ["999989", None])
def test_a_signer_of_another_municipality(code: str | None) -> None:
    """A28: the authority of one city certifies no signer of another."""
    leaf = hand_made(with_eku, usage=SIGNS, subject=Subject("Signer", "隣町市", code).to_name())
    assert refused(der(leaf)) == "municipality_mismatch"


def test_two_municipalities_in_one_certificate() -> None:
    oid = x509.NameOID.ORGANIZATION_IDENTIFIER
    subject = x509.Name([x509.NameAttribute(oid, "LGC-999997"), x509.NameAttribute(oid, "LGC-999989")])
    assert refused(der(hand_made(with_eku, usage=SIGNS, subject=subject))) == "bad_certificate_name"


@pytest.mark.parametrize("key", [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)], ids=["P-384", "RSA"])
def test_signer_keys_are_on_p256(key: Any) -> None:
    assert refused(der(hand_made(with_eku, usage=SIGNS, key=key.public_key()))) == "key_not_p256"


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (LEAF.certificate.not_valid_before_utc - timedelta(seconds=1), "certificate_not_yet_valid"),
        (LEAF.certificate.not_valid_before_utc, None),
        (LEAF.certificate.not_valid_before_utc + timedelta(seconds=1), None),
        (LEAF.certificate.not_valid_after_utc - timedelta(seconds=1), None),
        (LEAF.certificate.not_valid_after_utc, None),
        (LEAF.certificate.not_valid_after_utc + timedelta(seconds=1), "certificate_expired"),
    ],
)
def test_times_of_the_leaf(moment: datetime, code: str | None) -> None:
    """A29: six points, each side of each boundary, with the chain in the cache."""
    check_chain(LEAF.chain_der, anchors=ANCHORS, purpose=TrustPurpose.ISSUER, at=AT)
    if code is None:
        check_chain(LEAF.chain_der, anchors=ANCHORS, purpose=TrustPurpose.ISSUER, at=moment)
    else:
        assert refused(LEAF.chain_der, at=moment) == code


def test_an_expired_root_ends_everything_below() -> None:
    """A29: every certificate of the path, the anchor's too."""
    leaf = CITY.signing_identity(TrustPurpose.ISSUER, not_after=CITY.root.certificate.not_valid_after_utc + timedelta(days=9))
    last = CITY.root.certificate.not_valid_after_utc
    check_chain(leaf.chain_der, anchors=ANCHORS, purpose=TrustPurpose.ISSUER, at=last)
    assert refused(leaf.chain_der, at=last + timedelta(seconds=1)) == "certificate_expired"


def test_certificates_that_never_live_together() -> None:
    leaf = CITY.signing_identity(
        TrustPurpose.ISSUER, not_before=datetime(2015, 1, 1, tzinfo=UTC), not_after=datetime(2015, 2, 1, tzinfo=UTC)
    )
    assert refused(leaf.chain_der) == "chain_broken"


def test_naive_time_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="aware"):
        check_chain(LEAF.chain_der, anchors=ANCHORS, purpose=TrustPurpose.ISSUER, at=AT.replace(tzinfo=None))


def test_pinned_signer() -> None:
    """A pinned signer needs no chain and no extended key usage, but time counts."""
    leaf = hand_made(lambda b: b, issuer=false_root(), usage=SIGNS)
    anchor = TrustAnchor(purposes=frozenset({TrustPurpose.ISSUER}), certificate=leaf, pinned=True, profile="foreign")
    anchors = Anchors([anchor])
    assert check_chain(der(leaf), anchors=anchors, purpose=TrustPurpose.ISSUER, at=AT).anchor == anchor
    assert refused(der(leaf), anchors=anchors, purpose=TrustPurpose.STATUS) == "chain_untrusted"
    assert refused(der(leaf), anchors=anchors, at=leaf.not_valid_after_utc + timedelta(seconds=1)) == "certificate_expired"
    assert refused(LEAF.chain_der, anchors=anchors) == "chain_untrusted"


def test_a_pinned_signer_is_no_authority() -> None:
    """What a pinned certificate has signed is not trusted by that."""
    anchor = TrustAnchor(purposes=frozenset({TrustPurpose.ISSUER}), certificate=CITY.root.certificate, pinned=True, profile="foreign")
    assert refused(LEAF.chain_der, anchors=Anchors([anchor])) == "chain_untrusted"


def test_bare_key() -> None:
    key = signer_for("bare").public_key
    anchor = TrustAnchor(purposes=frozenset({TrustPurpose.ISSUER}), jwk=key, profile="foreign")
    assert check_chain((), anchors=Anchors([anchor]), purpose=TrustPurpose.ISSUER, at=AT).public_key == key
    assert refused((), anchors=Anchors([anchor]), purpose=TrustPurpose.STATUS) == "chain_missing"
    second = TrustAnchor(purposes=frozenset({TrustPurpose.ISSUER}), jwk=signer_for("second").public_key, profile="foreign")
    assert refused((), anchors=Anchors([anchor, second])) == "chain_missing"
    assert refused(LEAF.chain_der, anchors=Anchors([anchor])) == "chain_untrusted"


def test_foreign_profile_takes_the_usage_of_mdl() -> None:
    foreign = Anchors([TrustAnchor(purposes=frozenset({TrustPurpose.ISSUER}), certificate=CITY.root.certificate, profile="foreign")])

    def eku(*usages: x509.ObjectIdentifier) -> tuple[bytes, ...]:
        subject = Subject("DS", "Elsewhere", country="US").to_name()
        return der(
            hand_made(
                lambda b: b.add_extension(x509.ExtendedKeyUsage(usages), critical=True) if usages else b, usage=SIGNS, subject=subject
            )
        )

    for chain in (eku(), eku(MDL_DOCUMENT_SIGNER), eku(MDL_DOCUMENT_SIGNER, STATUS_SIGNER)):
        assert check_chain(chain, anchors=foreign, purpose=TrustPurpose.ISSUER, at=AT).municipality is None
    assert refused(eku(DOCUMENT_SIGNER), anchors=foreign) == "extended_key_usage_mismatch"
    assert refused(eku(x509.oid.ExtendedKeyUsageOID.SERVER_AUTH), anchors=foreign) == "extended_key_usage_mismatch"


def test_foreign_anchor_bound_to_a_municipality() -> None:
    bound = TrustAnchor(
        purposes=frozenset({TrustPurpose.ISSUER}), certificate=CITY.root.certificate, profile="foreign", municipality="999989"
    )
    leaf = hand_made(lambda b: b, usage=SIGNS)
    assert refused(der(leaf), anchors=Anchors([bound])) == "municipality_mismatch"


def test_published_document_signer(foreign_vectors: Any) -> None:
    """The IACA and document signer that walt.id publishes: a second party's idea of the profile."""
    folder = foreign_vectors / "iaca-ds-certs"
    iaca, signer = (
        x509.load_pem_x509_certificate((folder / name).read_bytes()) for name in ("iacaCertificate.pem", "documentSignerCertificate.pem")
    )
    anchors = Anchors([TrustAnchor(purposes=frozenset({TrustPurpose.ISSUER}), certificate=iaca, profile="foreign")])
    at = datetime(2026, 11, 20, tzinfo=UTC)
    assert check_chain(der(signer), anchors=anchors, purpose=TrustPurpose.ISSUER, at=at).organization == "Example DS Org"
    assert refused(der(signer), anchors=anchors, at=datetime(2027, 8, 4, tzinfo=UTC)) == "certificate_expired"
    strict = Anchors([TrustAnchor(purposes=frozenset({TrustPurpose.ISSUER}), certificate=iaca, municipality="999997")])
    assert refused(der(signer), anchors=strict, at=at) == "extended_key_usage_mismatch"


def test_refused_chains_are_not_cached() -> None:
    identify_signer.cache_clear()
    for number in range(20):
        refused(der(hand_made(with_eku, usage=None, key=signer_for(f"junk {number % 3}").public_key)))
    assert identify_signer.cache_info().currsize == 0
    check_chain(LEAF.chain_der, anchors=ANCHORS, purpose=TrustPurpose.ISSUER, at=AT)
    check_chain(list(LEAF.chain_der), anchors=Anchors([CITY.anchor, OTHER.anchor]), purpose=TrustPurpose.ISSUER, at=AT)
    info = identify_signer.cache_info()
    assert (info.currsize, info.hits) == (1, 1)
    assert info.maxsize is not None


def test_the_cache_knows_anchors_apart() -> None:
    """A chain that was good under one set of anchors is looked at again under another."""
    check_chain(LEAF.chain_der, anchors=ANCHORS, purpose=TrustPurpose.ISSUER, at=AT)
    assert refused(LEAF.chain_der, anchors=Anchors([OTHER.anchor])) == "chain_untrusted"
    assert refused(LEAF.chain_der, purpose=TrustPurpose.STATUS) == "extended_key_usage_mismatch"


def test_path_times_alone() -> None:
    identity = check_chain(LEAF.chain_der, anchors=ANCHORS, purpose=TrustPurpose.ISSUER, at=AT)
    with pytest.raises(WarifuError) as refusal:
        check_path_times(identity, LEAF.certificate.not_valid_after_utc + timedelta(days=1))
    assert refusal.value.code == "certificate_expired"


@settings(max_examples=150, deadline=None)
@given(position=st.integers(0, len(LEAF.chain_der[0]) - 1), flip=st.integers(1, 255))
def test_no_byte_of_the_leaf_can_change(position: int, flip: int) -> None:
    """Every other certificate is refused, and only by our own errors."""
    changed = bytearray(LEAF.chain_der[0])
    changed[position] ^= flip
    refused([bytes(changed)])


@settings(max_examples=100, deadline=None)
@given(junk=st.binary(max_size=64))
def test_junk_is_refused_with_our_own_error(junk: bytes) -> None:
    refused([junk])
    refused([*LEAF.chain_der, junk])


def test_signing_identity_needs_the_certificate_of_its_key() -> None:
    """G10: key and certificate belong together."""
    for chain in ((), (LEAF.certificate,)):
        with pytest.raises(WarifuError) as refusal:
            SigningIdentity(signer_for("another"), chain)
        assert refusal.value.code == "signer_certificate_mismatch"


def test_builders_refuse_a_key_that_does_not_match() -> None:
    class Wrong:
        public_key = signer_for("a").public_key
        sign = staticmethod(signer_for("b").sign)

    with pytest.raises(WarifuError) as refusal:
        build_root(subject=Subject("R", "R"), signer=Wrong(), serial=1, not_before=AT, not_after=AT + timedelta(days=1))
    assert refusal.value.code == "bad_signature"


def test_built_certificates_say_what_the_profile_says() -> None:
    leaf = LEAF.certificate
    assert leaf.issuer == CITY.root.certificate.subject
    assert set(leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == {EXTENDED_KEY_USAGE[TrustPurpose.ISSUER]}
    assert leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).critical
    alternative = leaf.extensions.get_extension_for_class(x509.IssuerAlternativeName).value
    assert alternative.get_values_for_type(x509.UniformResourceIdentifier) == ["https://warifu.example"]
    constraints = CITY.root.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0)
    authority = Authority(CITY.root.certificate, CITY.root.signer)
    key = signer_for("reader").public_key
    times = {"not_before": AT, "not_after": AT + timedelta(days=1)}
    bare = build_leaf(TrustPurpose.READER, subject=Subject("R", "R"), public_key=key, issuer=authority, uris=[], serial=3, **times)
    with pytest.raises(x509.ExtensionNotFound):
        bare.extensions.get_extension_for_class(x509.SubjectAlternativeName)
