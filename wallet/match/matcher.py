"""Which stored copies satisfy a query, and which claims of them would leave (OpenID4VP 1.0 6.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from schemas.errors import WarifuError
from schemas.formats.sdjwt import ClaimPointer
from schemas.messages.dcql import ClaimQuery, CredentialQuery, Query, QueryPath
from schemas.messages.dcql_answer import select


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
    found = {identifier: matches for identifier, matches in find(query, candidates).items() if matches}
    return {identifier: found[identifier] for identifier in _chosen(query, found)}


def find(query: Query, candidates: Sequence[Candidate]) -> dict[str, list[Match]]:
    """Return for every credential query of ``query`` the copies that satisfy it alone, possibly none (6.4.1)."""
    return {one.id: list(_matches(one, candidates)) for one in query.credentials}


def _chosen(query: Query, found: Mapping[str, list[Match]]) -> list[str]:
    """Return the credential queries to answer: all, or of each required set the first option that can be met.

    An optional set is left out: what is not needed does not leave.
    """
    if not query.credential_sets:
        wanted = [one.id for one in query.credentials]
        if not all(name in found for name in wanted):
            raise no_match()
        return wanted
    chosen: dict[str, None] = {}
    for entry in query.credential_sets:
        if entry.required:
            option = next((option for option in entry.options if all(name in found for name in option)), None)
            if option is None:
                raise no_match()
            chosen.update(dict.fromkeys(option))
    if not chosen:
        raise no_match()
    return list(chosen)


def no_match() -> WarifuError:
    """Return the error for a request that this wallet cannot satisfy (not raised here)."""
    return WarifuError(
        "no_match",
        "the wallet holds nothing that satisfies the request",
        hint="fetch what is missing with accept, or renew it with refresh",
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
    values = selected(candidate.claims, claim.path)
    if not values:
        return False
    return claim.values is None or any(_same(value, wanted) for value in values for wanted in claim.values)


def _same(value: Any, wanted: object) -> bool:
    """Values match in type and value: 1 is not true (OpenID4VP 6.4.1)."""
    return type(value) is type(wanted) and value == wanted


def selected(claims: Any, path: ClaimPointer | QueryPath) -> tuple[Any, ...]:
    """Return what a claims path pointer selects; nothing where it meets nothing or the wrong kind of value (OpenID4VP 7)."""
    try:
        return select(claims, tuple(path))
    except WarifuError:
        return ()
