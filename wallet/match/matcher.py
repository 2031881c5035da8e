"""Which stored copies satisfy a query, and which claims of them would leave (OpenID4VP 1.0 6.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from schemas.errors import WarifuError
from schemas.formats.sdjwt import ClaimPointer
from schemas.messages.dcql import MSO_MDOC, ClaimQuery, CredentialQuery, Query, QueryPath


class Candidate(Protocol):
    """A copy as the matcher sees it."""

    @property
    def format(self) -> str:
        """``dc+sd-jwt`` or ``mso_mdoc``."""
        ...

    @property
    def type(self) -> str:
        """``vct`` or ``docType``."""
        ...

    @property
    def claims(self) -> Mapping[str, Any]:
        """All claims of the copy; for mdoc by namespace."""
        ...

    @property
    def authority_keys(self) -> frozenset[str]:
        """Key identifiers of the certificates of its chain, base64url (OpenID4VP 6.1.1.1)."""
        ...


@dataclass(frozen=True, slots=True)
class Match:
    """One copy that satisfies one credential query, with the claims that would leave."""

    query: CredentialQuery
    candidate: Any
    claims: tuple[ClaimQuery, ...]

    @property
    def paths(self) -> tuple[QueryPath, ...]:
        """The paths that would be disclosed."""
        return tuple(claim.path for claim in self.claims)


def match(query: Query, candidates: Sequence[Candidate]) -> dict[str, list[Match]]:
    """Return, for each credential query to be answered, the copies that satisfy it, best first.

    Args:
        candidates: in the order of the wallet's preference.

    Raises:
        WarifuError: ``no_match`` where a required credential or set cannot be satisfied: then nothing is returned at all
            (OpenID4VP 6.4.2).
    """
    found = {one.id: matches for one in query.credentials if (matches := list(_matches(one, candidates)))}
    return {identifier: found[identifier] for identifier in _chosen(query, found)}


def _chosen(query: Query, found: Mapping[str, list[Match]]) -> Iterable[str]:
    if not query.credential_sets:
        missing = [one.id for one in query.credentials if one.id not in found]
        if missing:
            raise no_match()
        return [one.id for one in query.credentials]
    chosen: dict[str, None] = {}
    for entry in query.credential_sets:
        option = next((option for option in entry.options if all(name in found for name in option)), None)
        if option is None and entry.required:
            raise no_match()
        # An optional set is left out: what is not needed does not leave.
        if option is not None and entry.required:
            chosen.update(dict.fromkeys(option))
    return list(chosen)


def no_match() -> WarifuError:
    """Return the error for a request that this wallet cannot satisfy (not raised here)."""
    return WarifuError(
        "no_match",
        "the wallet holds nothing that satisfies the request",
        hint="see what is asked with --explain; fetch it with accept, or renew it with refresh",
        clause="OpenID4VP 6.4.2",
        layer="query",
    )


def _matches(query: CredentialQuery, candidates: Sequence[Candidate]) -> Iterable[Match]:
    for candidate in candidates:
        if candidate.format != query.format or candidate.type not in query.types:
            continue
        if not _authority_fits(query, candidate):
            continue
        for claims in query.alternatives():
            if all(_claim_fits(claim, candidate) for claim in claims):
                yield Match(query, candidate, claims)
                break


def _authority_fits(query: CredentialQuery, candidate: Candidate) -> bool:
    """Every kind of authority that we know is compared; a kind that we do not know cannot be met."""
    if not query.trusted_authorities:
        return True
    return any(entry.type == "aki" and not candidate.authority_keys.isdisjoint(entry.values) for entry in query.trusted_authorities)


def _claim_fits(claim: ClaimQuery, candidate: Candidate) -> bool:
    selected = select(candidate.claims, claim.path)
    if not selected:
        return False
    return claim.values is None or any(_same(value, wanted) for value in selected for wanted in claim.values)


def _same(value: Any, wanted: object) -> bool:
    """Values match in type and value: 1 is not true (OpenID4VP 6.4.1)."""
    return type(value) is type(wanted) and value == wanted


def select(claims: Any, path: ClaimPointer | QueryPath) -> list[Any]:
    """Return what a claims path pointer selects, empty where nothing is there (OpenID4VP 7)."""
    selected = [claims]
    for component in path:
        following: list[Any] = []
        for item in selected:
            following += _step(item, component)
        selected = following
    return selected


def _step(item: Any, component: str | int | None) -> list[Any]:
    if isinstance(component, str):
        return [item[component]] if isinstance(item, dict) and component in item else []
    if not isinstance(item, list):
        return []
    if component is None:
        return list(item)
    return [item[component]] if 0 <= component < len(item) else []


def is_mdoc(query: CredentialQuery) -> bool:
    """Tell whether a query asks for an mdoc."""
    return query.format == MSO_MDOC
