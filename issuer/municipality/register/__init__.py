"""The register (住民基本台帳): residents and households, their append-only history, and what changes of them set off.

============== ===========================================================================================
module         what it does
============== ===========================================================================================
``record``     one person's items, frozen; ``changed_items`` compares two snapshots
``check``      what a record and a household must satisfy
``history``    one full snapshot an event, never changed
``read``       ``read_record``: what issuing may see, without numbers
``csv_file``   the CSV form; ``importing`` takes it in, all or nothing
``generate``   a fictional city; ``personas`` ten named people in it
``events``     転居, 転入, 転出, 死亡 … from a JSON file; ``consequences`` writes the outbox
``search``     by folded key
============== ===========================================================================================
"""

from issuer.municipality.register.consequences import RECORD_CHANGED, STRIKE_DUE
from issuer.municipality.register.read import (
    HouseholdView,
    MemberView,
    Municipality,
    RecordView,
    own_register,
    read_municipality,
    read_record,
)
from issuer.municipality.register.record import ResidentRecord, changed_items

__all__ = [
    "RECORD_CHANGED",
    "STRIKE_DUE",
    "HouseholdView",
    "MemberView",
    "Municipality",
    "RecordView",
    "ResidentRecord",
    "changed_items",
    "own_register",
    "read_municipality",
    "read_record",
]
