"""The holder's side: which disclosures reveal which claims."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from schemas.errors import WarifuError
from schemas.formats.sdjwt.resolve import Place, locate
from schemas.formats.sdjwt.token import SD_JWT_VC_TYP, parse_sd_jwt

ClaimPointer = tuple[str | int | None, ...]


def select_disclosures(credential: str, paths: Collection[ClaimPointer], *, typ: str = SD_JWT_VC_TYP) -> str:
    """Return ``credential`` with exactly the disclosures that the claims at ``paths`` need; it ends with a tilde.

    A path reveals the claim it names: its ancestors, as far as they are needed to reach it, and all that lies beneath
    it.  Who wants only a part names the part.  Claims that stand in the clear need no disclosure.

    Args:
        credential: SD-JWT without key binding, verified when it was received.
        paths: member names from the top; in arrays an index or ``None`` for every element.

    Raises:
        WarifuError: ``claim_not_available`` for a path that the credential does not hold; ``key_binding_present``; what
            :func:`parse_sd_jwt` and :func:`schemas.formats.sdjwt.resolve.resolve` raise.
    """
    sd_jwt = parse_sd_jwt(credential, typ=typ)
    if sd_jwt.key_binding is not None:
        raise WarifuError("key_binding_present", "a bound presentation cannot be presented again", clause="RFC 9901 7.2", layer="parse")
    claims, places = locate(sd_jwt.payload, sd_jwt.disclosures)
    for path in paths:
        if not _reaches(claims, path):
            raise WarifuError(
                "claim_not_available",
                "the credential does not hold a claim that is to be presented",
                hint="list the claims of the credential",
                clause="OpenID4VP 1.0 7",
                layer="query",
            )
    chosen = [d.text for d in sd_jwt.disclosures if any(_touches(path, places[d.digest]) for path in paths)]
    return "~".join([credential.split("~", 1)[0], *chosen, ""])


def _reaches(value: Any, path: ClaimPointer) -> bool:
    """Tell whether the claims hold something at ``path``."""
    if not path:
        return True
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        return isinstance(value, dict) and step in value and _reaches(value[step], rest)
    if not isinstance(value, list):
        return False
    if step is None:
        return any(_reaches(element, rest) for element in value)
    return 0 <= step < len(value) and _reaches(value[step], rest)


def _touches(path: ClaimPointer, place: Place) -> bool:
    """Tell whether one of the two lies on the way to the other."""
    return all(step == at or (step is None and isinstance(at, int)) for step, at in zip(path, place, strict=False))
