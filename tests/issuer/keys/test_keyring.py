"""The key ring: one key a purpose, certified by the root, rotated without harm to what was issued."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from issuer.keys.keyring import Authority, KeyRole, create_root, list_keys, open_ring, rotate
from issuer.municipality.credentials.cycle import Workshop, issue
from issuer.store.municipality.issuing import signing_key
from runtime.store import begin, read
from schemas.errors import WarifuError
from schemas.trust import Anchors, TrustAnchor, TrustPurpose, check_chain
from schemas.verify import Expected, Policy, verify_issued
from tests.issuer.municipality.conftest import InnerSide, inner  # noqa: F401 - a fixture

PASSPHRASE = b"a passphrase of the office"
SIGNERS = (KeyRole.DOCUMENT_SIGNER, KeyRole.STATUS_SIGNER, KeyRole.METADATA_SIGNER)


@pytest.fixture
def ring_folder(inner: InnerSide, tmp_path: Path) -> Path:  # noqa: F811
    """A folder with root and signers of 割符市, noted in the store."""
    with begin(inner.engine) as connection:
        create_root(connection, tmp_path, authority(inner), passphrase=PASSPHRASE, at=inner.at, cost=14)
        for role in SIGNERS:
            rotate(connection, tmp_path, role, authority(inner), passphrase=PASSPHRASE, at=inner.at, cost=14)
    return tmp_path


def authority(inner: InnerSide) -> Authority:  # noqa: F811
    return Authority("割符市", "999997", inner.profile.issuer)


def anchor_of(inner: InnerSide) -> TrustAnchor:  # noqa: F811
    with read(inner.engine) as connection:
        root = open_ring(connection, passphrase=PASSPHRASE).root
    return TrustAnchor(purposes=frozenset({TrustPurpose.ISSUER, TrustPurpose.STATUS}), certificate=root, municipality="999997")


def test_each_signer_serves_its_own_purpose_alone(inner: InnerSide, ring_folder: Path) -> None:  # noqa: F811
    with read(inner.engine) as connection:
        ring = open_ring(connection, passphrase=PASSPHRASE)
    anchors = Anchors((anchor_of(inner),))
    chain = ring.identity(KeyRole.DOCUMENT_SIGNER).chain_der
    assert check_chain(chain, anchors=anchors, purpose=TrustPurpose.ISSUER, at=inner.at).municipality == "999997"
    with pytest.raises(WarifuError):
        check_chain(chain, anchors=anchors, purpose=TrustPurpose.STATUS, at=inner.at)
    with pytest.raises(WarifuError):
        check_chain(ring.identity(KeyRole.STATUS_SIGNER).chain_der, anchors=anchors, purpose=TrustPurpose.ISSUER, at=inner.at)
    assert ring.identity(KeyRole.DOCUMENT_SIGNER).certificate.not_valid_before_utc <= inner.at - timedelta(hours=48)


def test_rotation_leaves_what_was_issued_valid(inner: InnerSide, ring_folder: Path) -> None:  # noqa: F811
    anchors = Anchors((anchor_of(inner),))

    def issued_now() -> str:
        with read(inner.engine) as connection:
            signer = open_ring(connection, passphrase=PASSPHRASE).identity(KeyRole.DOCUMENT_SIGNER)
        workshop = Workshop(inner.engine, inner.profile, signer, anchors)
        return issue(workshop, inner.job(inner.handle("P-01"), "basic-four-sd-jwt", copies=1), at=inner.at).credentials[0]

    before = issued_now()
    with begin(inner.engine) as connection:
        rotate(connection, ring_folder, KeyRole.DOCUMENT_SIGNER, authority(inner), passphrase=PASSPHRASE, at=inner.at, cost=14)
    after = issued_now()
    vct = inner.profile.catalogue.by_name("basic-four").vct
    expected = Expected(types=frozenset({vct}), key_binding="none")
    keys = set()
    for credential in (before, after):
        verified = verify_issued(
            credential, format="dc+sd-jwt", expected=expected, anchors=anchors, status=None, policy=Policy(status="none"), at=inner.at
        )
        assert verified.signer.certificate is not None
        keys.add(verified.signer.certificate.serial_number)
    assert len(keys) == 2
    with read(inner.engine) as connection:
        states = [key["state"] for key in list_keys(connection) if key["role"] == KeyRole.DOCUMENT_SIGNER]
    assert sorted(states) == ["current", "retired"]


def test_a_second_root_is_refused_and_the_root_is_not_rotated(inner: InnerSide, ring_folder: Path) -> None:  # noqa: F811
    for act, code in (
        (lambda c: create_root(c, ring_folder, authority(inner), passphrase=PASSPHRASE, at=inner.at, cost=14), "root_exists"),
        (
            lambda c: rotate(c, ring_folder, KeyRole.ROOT, authority(inner), passphrase=PASSPHRASE, at=inner.at, cost=14),
            "role_not_rotatable",
        ),
    ):
        with pytest.raises(WarifuError) as refusal, begin(inner.engine) as connection:
            act(connection)
        assert refusal.value.code == code


def test_a_wrong_passphrase_opens_nothing(inner: InnerSide, ring_folder: Path) -> None:  # noqa: F811
    with pytest.raises(WarifuError) as refusal, read(inner.engine) as connection:
        open_ring(connection, passphrase=b"another passphrase")
    assert refusal.value.code == "passphrase_wrong"


def test_a_key_that_is_not_the_certified_one_is_refused(inner: InnerSide, ring_folder: Path) -> None:  # noqa: F811
    with read(inner.engine) as connection:
        rows = {row.role: row for row in connection.execute(sa.select(signing_key))}
    document, status = rows[KeyRole.DOCUMENT_SIGNER], rows[KeyRole.STATUS_SIGNER]
    shutil.copyfile(status.uri.removeprefix("file://"), document.uri.removeprefix("file://"))
    with pytest.raises(WarifuError) as refusal, read(inner.engine) as connection:
        open_ring(connection, passphrase=PASSPHRASE)
    assert refusal.value.code == "key_mismatch"


def test_an_office_without_root_says_what_to_do(inner: InnerSide) -> None:  # noqa: F811
    with pytest.raises(WarifuError) as refusal, read(inner.engine) as connection:
        open_ring(connection, passphrase=PASSPHRASE)
    assert (refusal.value.code, refusal.value.hint) == ("root_missing", "run init first")


def test_a_signer_that_ends_before_the_credential_does_not_sign(inner: InnerSide) -> None:  # noqa: F811
    late = replace(inner, at=inner.world.warifu.document_signer.certificate.not_valid_after_utc - timedelta(days=3))
    with pytest.raises(WarifuError) as refusal:
        issue(inner.workshop, late.job(late.handle("P-01"), "basic-four-sd-jwt", copies=1), at=late.at)
    assert refusal.value.code == "signer_ends_first"
