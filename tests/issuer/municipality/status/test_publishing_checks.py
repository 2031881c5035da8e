"""A list leaves the inner side only after it was read as a verifier would read it (threats E01, E16)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from issuer.municipality.credentials.cycle import issue
from issuer.municipality.status.publish import ListTimes, publish_all
from issuer.store.municipality.issuing import status_list
from runtime.signers import generate_signer
from runtime.store import read
from schemas.errors import WarifuError
from schemas.formats.jose import Signer
from tests.issuer.municipality.conftest import InnerSide


@dataclass
class WrongKeySigner:
    """Names one key and signs with another, as a device with mixed up slots would."""

    named: Signer
    used: Signer

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self.named.public_key

    def sign(self, message: bytes) -> bytes:
        return self.used.sign(message)


@pytest.mark.parametrize("configuration", ["basic-four-sd-jwt", "basic-four-mdoc"])
def test_a_list_is_not_published_under_a_key_that_is_not_its_signers(inner: InnerSide, configuration: str) -> None:
    issue(inner.workshop, inner.job(inner.handle("P-01"), configuration, copies=1), at=inner.at)
    right = inner.world.warifu.status_signer
    wrong = replace(right, signer=WrongKeySigner(right.signer, generate_signer()))
    with pytest.raises(WarifuError) as refusal:
        publish_all(inner.engine, signer=wrong, publish=inner.front.put_status, at=inner.at, times=ListTimes(), decoys=0)
    assert refusal.value.layer == "signature"
    assert inner.front.published == {}
    with read(inner.engine) as connection:
        assert connection.scalar(sa.select(status_list.c.published_iat)) is None
