"""Checking an answer against its query, as a verifier must (OpenID4VP 8.6, 14.7: a wallet is never trusted to obey).

Here "presented" means verified: signatures, trust, validity and status have been checked before; this is the last step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from schemas.errors import WarifuError
from schemas.messages.dcql import MSO_MDOC, ClaimQuery, CredentialQuery, Query, QueryPath

MAX_PRESENTATIONS: Final = 16
REGISTERED_CLAIMS: Final = frozenset({"iss", "iat", "nbf", "exp", "vct", "vct#integrity", "aka_vcts", "sub", "jti", "aud"})

ResultPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One verified presentation, reduced to what a query speaks about.

    Attributes:
        claims: nested by name for SD-JWT VC, by namespace then element for mdoc.
        always_disclosed: paths that the issuer never makes selectively disclosable, hence no over-disclosure.
        authority_key_ids: base64url key identifiers (``aki``) of every certificate of the credential's chain.
    """

    format: str
    type: str
    claims: Mapping[str, Any]
    holder_bound: bool
    always_disclosed: frozenset[tuple[str, ...]] = frozenset()
    authority_key_ids: frozenset[str] = field(default_factory=frozenset)


def check_answer(query: Query, answers: Mapping[str, Sequence[Answer]]) -> dict[str, tuple[frozenset[ResultPath], ...]]:
    """Check every presentation against its credential query and the whole against the credential sets.

    Returns:
        for each query id and presentation the paths that came without being asked for; an over-disclosure is the
        wallet's fault and is reported, and
        :func:`part_claims` keeps it from whoever reads the result.

    Raises:
        WarifuError: what :func:`check_answer_shape` and :func:`check_credential` raise.
    """
    check_answer_shape(query, {identifier: len(presented) for identifier, presented in answers.items()})
    excess: dict[str, tuple[frozenset[ResultPath], ...]] = {}
    for identifier, presented in answers.items():
        credential = query.credential(identifier)
        for answer in presented:
            check_credential(credential, answer)
        excess[identifier] = tuple(part_claims(credential, answer)[1] for answer in presented)
    return excess


def check_answer_shape(query: Query, counts: Mapping[str, int]) -> None:
    """Check ids and numbers of an answer, which can be done before anything in it is opened.

    Args:
        counts: number of presentations by query id.

    Raises:
        WarifuError: ``answer_unknown_id``, ``answer_count`` or ``answer_incomplete``.
    """
    _check_ids(query, counts)
    _check_counts(query, counts)
    _check_complete(query, frozenset(counts))


def _check_ids(query: Query, counts: Collection[str]) -> None:
    """Refuse a key of ``vp_token`` that no credential query has (OpenID4VP 8.1)."""
    if not set(counts) <= {credential.id for credential in query.credentials}:
        raise _error("answer_unknown_id", "the answer holds an id that was not asked for", "OpenID4VP 8.1")


def _check_counts(query: Query, counts: Mapping[str, int]) -> None:
    """Refuse more than one presentation unless ``multiple``, and never accept none (OpenID4VP 8.1)."""
    for identifier, count in counts.items():
        limit = MAX_PRESENTATIONS if query.credential(identifier).multiple else 1
        if not 1 <= count <= limit:
            raise _error("answer_count", f"a query was answered with other than 1 to {limit} presentations", "OpenID4VP 8.1")


def check_credential(credential: CredentialQuery, answer: Answer) -> None:
    """Check one verified presentation against its credential query.

    Raises:
        WarifuError: ``answer_format_mismatch``, ``answer_type_mismatch``, ``answer_not_bound``,
            ``answer_authority_mismatch``, ``answer_claim_missing`` or ``answer_value_mismatch`` (OpenID4VP 6.4, 8.6).
    """
    _check_type(credential, answer)
    _check_binding(credential, answer)
    _check_authority(credential, answer)
    _check_claims(credential, answer)


def _check_type(credential: CredentialQuery, answer: Answer) -> None:
    """Format and type are those that were asked for, compared exactly (threat D11)."""
    if answer.format != credential.format:
        raise _error("answer_format_mismatch", "the presentation is not of the format that was asked for", "OpenID4VP 8.6")
    if answer.type not in credential.types:
        raise _error("answer_type_mismatch", "the presentation is not of a type that was asked for", "OpenID4VP 8.6")


def _check_binding(credential: CredentialQuery, answer: Answer) -> None:
    """A presentation without holder binding satisfies only a query that says so (threat A17)."""
    if credential.require_cryptographic_holder_binding and not answer.holder_bound:
        raise _error("answer_not_bound", "the presentation carries no proof of its holder", "OpenID4VP 6.1")


def _check_authority(credential: CredentialQuery, answer: Answer) -> None:
    """One of the named authorities must occur in the credential's chain; kinds other than ``aki`` match nothing."""
    if not credential.trusted_authorities:
        return
    wanted = {value for authority in credential.trusted_authorities if authority.type == "aki" for value in authority.values}
    if not wanted & answer.authority_key_ids:
        raise _error("answer_authority_mismatch", "no trusted authority that was asked for issued the credential", "OpenID4VP 6.1.1.1")


def _check_claims(credential: CredentialQuery, answer: Answer) -> None:
    """All claims of one alternative are there with an acceptable value; the first failure of the preferred one is told."""
    first: WarifuError | None = None
    for alternative in credential.alternatives():
        try:
            for claim in alternative:
                _check_values(claim, select(answer.claims, claim.path, loose_index=answer.format != MSO_MDOC))
        except WarifuError as error:
            first = first or error
        else:
            return
    assert first is not None
    raise first


def _check_values(claim: ClaimQuery, found: Sequence[Any]) -> None:
    """Where the query names values, at least one selected element equals one of them in type and value."""
    if claim.values is None:
        return
    if not any(type(item) is type(value) and item == value for item in found for value in claim.values):
        raise _error("answer_value_mismatch", "a claim has none of the values that were asked for", "OpenID4VP 6.4.1")


def select(claims: Any, path: QueryPath, *, loose_index: bool = False) -> tuple[Any, ...]:
    """Return what a claims path pointer selects, never empty (OpenID4VP 7.1.1).

    Args:
        loose_index: read an array index as "any element", for undisclosed elements shift the positions of an answer.

    Raises:
        WarifuError: ``answer_claim_missing`` where it selects nothing or a component meets the wrong kind of value.
    """
    found = [claims]
    for component in path:
        found = _step(found, component, loose_index=loose_index)
        if not found:
            raise _missing("is not in the presentation")
    return tuple(found)


def _step(found: Sequence[Any], component: str | int | None, *, loose_index: bool) -> list[Any]:
    """Return the children that one path component selects; the wrong kind of value aborts (OpenID4VP 7.1.1)."""
    if isinstance(component, str):
        if not all(isinstance(value, dict) for value in found):
            raise _missing("does not lie in an object")
        return [value[component] for value in found if component in value]
    if not all(isinstance(value, list) for value in found):
        raise _missing("does not lie in an array")
    if component is None or loose_index:
        return [item for value in found for item in value]
    return [value[component] for value in found if component < len(value)]


def _missing(problem: str) -> WarifuError:
    return _error("answer_claim_missing", f"a claim that was asked for {problem}", "OpenID4VP 7.1.1")


def _check_complete(query: Query, answered: Collection[str]) -> None:
    """Every query, or with credential sets one option of each required set, has been answered (OpenID4VP 6.4.2)."""
    if not query.credential_sets:
        complete = all(credential.id in answered for credential in query.credentials)
    else:
        needed = [entry for entry in query.credential_sets if entry.required]
        complete = all(any(set(option) <= set(answered) for option in entry.options) for entry in needed)
    if not complete:
        raise _error("answer_incomplete", "a required credential is missing from the answer", "OpenID4VP 6.4.2")


def part_claims(credential: CredentialQuery, answer: Answer) -> tuple[dict[str, Any], frozenset[ResultPath]]:
    """Part what was disclosed into what was asked for and what was not (threat D13).

    Returns:
        the claims that were asked for or are always open, arrays in their order; and the leaf paths of all the others, an
        over-disclosure, which nobody gets to see.
    """
    registered = answer.format != MSO_MDOC
    wanted = _wanted_tree(tuple(claim.path for claim in credential.claims), answer.always_disclosed, registered)
    excess: list[ResultPath] = []
    kept: dict[str, Any] = _part(answer.claims, wanted, (), excess)
    return kept, frozenset(excess)


_WHOLE: Final = True
_EVERY: Final = None


@lru_cache(maxsize=256)
def _wanted_tree(paths: tuple[QueryPath, ...], always: frozenset[tuple[str, ...]], registered: bool) -> Mapping[str | None, Any]:
    """Return the wanted paths as a tree; array positions stand for every element, whole values end in ``_WHOLE``."""
    tree: dict[str | None, Any] = dict.fromkeys(REGISTERED_CLAIMS, _WHOLE) if registered else {}
    for path in (*always, *paths):
        node = tree
        *inner, last = [component if isinstance(component, str) else _EVERY for component in path]
        for component in inner:
            node = node.setdefault(component, {})
            if node is _WHOLE:
                break
        else:
            node[last] = _WHOLE
    return tree


def _part(value: Any, wanted: Any, place: ResultPath, excess: list[ResultPath]) -> Any:
    """Return the wanted part of a container and note the leaves of the rest."""
    if isinstance(value, dict):
        kept = {}
        for name, item in value.items():
            below = wanted.get(name)
            if below is _WHOLE:
                kept[name] = item
            elif below is not None and isinstance(item, dict | list):
                kept[name] = _part(item, below, (*place, name), excess)
            else:
                excess += _leaves((*place, name), item)
        return kept
    below = wanted.get(_EVERY)
    if below is _WHOLE:
        return value
    elements = []
    for index, item in enumerate(value):
        if below is not None and isinstance(item, dict | list):
            elements.append(_part(item, below, (*place, index), excess))
        else:
            excess += _leaves((*place, index), item)
    return elements


def _leaves(place: ResultPath, value: Any) -> Iterator[ResultPath]:
    children: Iterable[tuple[str | int, Any]]
    if isinstance(value, dict) and value:
        children = value.items()
    elif isinstance(value, list) and value:
        children = enumerate(value)
    else:
        yield place
        return
    for key, item in children:
        yield from _leaves((*place, key), item)


def _error(code: str, message: str, clause: str) -> WarifuError:
    return WarifuError(code, message, hint="present what the request asks for", clause=clause, layer="query")
