"""A registrar put together: store, settings, keys, clock and randomness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from issuer.trust_services.registrar.keys import RegistrarKeys
from issuer.trust_services.registrar.settings import RegistrarSettings

STORE_PACKAGE = "issuer.store.registrar"


@dataclass(frozen=True, slots=True)
class RegistrarOffice:
    """What the registrar's application works with."""

    engine: sa.Engine
    settings: RegistrarSettings
    keys: RegistrarKeys
    now: Callable[[], datetime]
    random: Callable[[int], bytes]
