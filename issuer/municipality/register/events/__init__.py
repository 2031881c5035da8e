"""Changes of the register (異動): read from a strict JSON file, checked as a whole, written as one transaction.

``form`` is the file, ``plans`` what each type does to records, ``apply`` the transaction, ``strike`` the end of records
whose 転出予定日 has come.
"""

from issuer.municipality.register.events.apply import AppliedEvent, Change, apply_event
from issuer.municipality.register.events.form import EventRefusedError, RegisterChange, read_event
from issuer.municipality.register.events.strike import OUTBOX_HANDLERS, strike_due

__all__ = [
    "OUTBOX_HANDLERS",
    "AppliedEvent",
    "Change",
    "EventRefusedError",
    "RegisterChange",
    "apply_event",
    "read_event",
    "strike_due",
]
