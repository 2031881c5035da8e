"""What the tests of the cycle's parts stand on: reserved copies, a signer that counts and can break, a store that refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from issuer.municipality.credentials.attest import attest
from issuer.municipality.credentials.cycle import Workshop
from issuer.municipality.credentials.profile import configuration, validity_window
from issuer.municipality.credentials.reserve import Attestation, Reservation, Subject, reserve
from issuer.municipality.register import read_record
from issuer.store.municipality.issuing import credential_copy, status_entry
from runtime.signers import generate_signer
from runtime.store import begin, read
from schemas.errors import WarifuError
from schemas.formats.jose import Signer
from tests.issuer.municipality.conftest import InnerSide


def reserved(inner: InnerSide, resident: str, configuration_id: str = "basic-four-sd-jwt", *, copies: int = 1) -> list[Reservation]:
    """Reserve copies for one resident, as steps 2 to 4 of the cycle do."""
    handle = inner.handle(resident)
    kind, name = configuration(inner.profile, configuration_id)
    with begin(inner.engine) as connection:
        record = read_record(connection, resident, at=inner.at)
        content = attest(kind, record, inner.profile, special_items=(), at=inner.at)
        window = validity_window(inner.profile, at=inner.at, ends=content.ends)
        subject = Subject(handle, resident, record.record_version)
        attestation = Attestation(subject, kind, name, content.claims, content.items, window, frozenset())
        keys = [generate_signer().public_key for _ in range(copies)]
        return reserve(connection, inner.profile, attestation, keys, idempotency_key=handle[:32], at=inner.at)


@dataclass
class CountingSigner:
    """Signs with the key it was given, counts, and breaks at the ``breaks_at``-th signature (a device that goes away)."""

    signer: Signer
    breaks_at: int | None = None
    asked: int = 0

    @property
    def public_key(self) -> ec.EllipticCurvePublicKey:
        return self.signer.public_key

    def sign(self, message: bytes) -> bytes:
        self.asked += 1
        if self.asked == self.breaks_at:
            raise WarifuError("signer_unavailable", "the device that holds the key does not answer", layer="store")
        return self.signer.sign(message)


def with_signer(inner: InnerSide, signer: CountingSigner) -> Workshop:
    """Return the workshop with another signer behind the same certificate."""
    identity = replace(inner.workshop.signer, signer=signer)
    return replace(inner.workshop, signer=identity)


def refuse_inserts(inner: InnerSide, table: str) -> None:
    """Let the store refuse every new row of ``table`` from now on."""
    with begin(inner.engine) as connection:
        if connection.dialect.name == "postgresql":
            body = "BEGIN RAISE EXCEPTION 'out of order'; END"
            connection.exec_driver_sql(f"CREATE FUNCTION out_of_order() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$")
            connection.exec_driver_sql(f"CREATE TRIGGER out_of_order BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION out_of_order()")
        else:
            body = "BEGIN SELECT RAISE(ABORT, 'out of order'); END"
            connection.exec_driver_sql(f"CREATE TRIGGER out_of_order BEFORE INSERT ON {table} {body}")


def states(inner: InnerSide) -> list[str]:
    """Return the state of every copy, sorted."""
    with read(inner.engine) as connection:
        return sorted(connection.scalars(sa.select(credential_copy.c.state)))


def living_entries(inner: InnerSide) -> int:
    """Return how many status entries are not revoked."""
    with read(inner.engine) as connection:
        return len(connection.scalars(sa.select(status_entry.c.idx).where(status_entry.c.revoked.is_(False))).all())


def statuses(inner: InnerSide) -> Sequence[tuple[str, int]]:
    """Return (list, index) of every entry ever given out."""
    with read(inner.engine) as connection:
        return [(row.list_id, row.idx) for row in connection.execute(sa.select(status_entry.c.list_id, status_entry.c.idx))]
