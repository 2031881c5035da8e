"""How credentials are made in this office: base names, life, digest counts; one hash pins it (threat row C26)."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from schemas.credentials import Catalogue, CredentialType, catalogue
from schemas.credentials.outputs import cddl, json_schema
from schemas.errors import WarifuError
from schemas.formats.encoding import dump_json
from schemas.japan.ages import JAPAN_STANDARD_TIME, japan_day

LIFE_DAYS = 14
FORMATS = {"sd-jwt": "dc+sd-jwt", "mdoc": "mso_mdoc"}
STATUS_KIND = {"dc+sd-jwt": "jwt", "mso_mdoc": "cwt"}


@dataclass(frozen=True, slots=True)
class Profile:
    """What does not vary from one credential to the next."""

    issuer: str
    municipality_code: str
    municipality_name: str
    prefecture: str
    catalogue: Catalogue
    life_days: int = LIFE_DAYS

    @property
    def hash(self) -> str:
        """SHA-256 over everything that shapes a credential, so that a change between two steps is noticed."""
        types = [_shape(kind) for kind in self.catalogue.types]
        fixed = [self.issuer, self.municipality_code, self.municipality_name, self.prefecture, self.life_days, types]
        return hashlib.sha256(dump_json(fixed)).hexdigest()


@functools.lru_cache(maxsize=64)
def _shape(kind: CredentialType) -> str:
    """SHA-256 over what a type makes of content in both formats: names, values, what is hidden, how many digests."""
    shape = [
        *(kind.vct, kind.doctype, json_schema(kind), cddl(kind)),
        *(sorted(map(list, kind.disclosable)), sorted(map(list, kind.always))),
        sorted([list(path), count] for path, count in kind.digest_counts_sd_jwt.items()),
        sorted(kind.digest_counts_mdoc.items()),
    ]
    return hashlib.sha256(dump_json(shape)).hexdigest()


def make_profile(*, issuer: str, code: str, name: str, prefecture: str, vct_base: str, doctype_prefix: str) -> Profile:
    """Return the profile of one municipality."""
    return Profile(issuer, code, name, prefecture, catalogue(vct_base, doctype_prefix))


def configuration(profile: Profile, configuration_id: str) -> tuple[CredentialType, str]:
    """Return (type, format) of a credential configuration id such as ``resident-record-sd-jwt``.

    Raises:
        WarifuError: ``unknown_credential_configuration`` (OpenID4VCI 1.0 8.3.1.2).
    """
    for suffix, name in FORMATS.items():
        for kind in profile.catalogue.types:
            if configuration_id == f"{kind.name}-{suffix}":
                return kind, name
    raise WarifuError(
        "unknown_credential_configuration", "this issuer has no such configuration", clause="OpenID4VCI 1.0 8.3.1.2", layer="protocol"
    )


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when a copy is valid; both are midnights of Japan, so that a batch cannot be told by its times (C27)."""

    start: datetime
    end: datetime


def validity_window(profile: Profile, *, at: datetime, ends: Collection[date]) -> Window:
    """Return the life of a copy made at ``at``.

    Args:
        ends: the first days, by the calendar of Japan, on which something attested is no longer true: the next
            attested birthday, the day after a period of stay.  The copy ends when the earliest of them begins.

    Raises:
        WarifuError: ``nothing_left_to_attest`` where the earliest end is today or past.
    """
    today = japan_day(at)
    last = min([today + timedelta(days=profile.life_days), *ends])
    if last <= today:
        raise WarifuError(
            "nothing_left_to_attest",
            "an attested fact has already ended, so no copy can be made",
            hint="bring the register up to date first, such as the period of stay",
            layer="policy",
        )
    return Window(_midnight(today), _midnight(last))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, JAPAN_STANDARD_TIME).astimezone(UTC)
