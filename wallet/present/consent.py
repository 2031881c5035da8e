"""What a holder is asked before anything leaves: who asks, for what, what goes, what stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from schemas.credentials import Catalogue, ClaimDefinition, CredentialType
from schemas.errors import WarifuError
from schemas.messages.openid4vp import AuthorizationRequest
from schemas.messages.registration import RegisteredPurpose, parse_registration, registered_purpose
from schemas.trust import Anchors
from wallet.match.matcher import Match, select
from wallet.vault.content import StoredCopy

#: Claims that carry the binding of the credential and no statement about the person; they always leave.
PLUMBING = frozenset({"iss", "vct", "iat", "nbf", "exp", "cnf", "status", "_sd_alg", "vct#integrity"})


Path = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One claim on the consent screen."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Leaving:
    """One copy that would be shown: its claims that leave, and the labels of those that stay.

    The first ``always`` of ``paths`` leave whatever is asked.
    """

    query_id: str
    copy: StoredCopy
    title: str
    leaves: tuple[Line, ...]
    stays: tuple[str, ...]
    paths: tuple[Path, ...]
    always: int


@dataclass(frozen=True, slots=True)
class Consent:
    """The whole screen."""

    verifier: str
    verified_until: str
    purpose: str
    registered: bool
    leaving: tuple[Leaving, ...]


def describe(
    request: AuthorizationRequest, chosen: Mapping[str, Match], *, anchors: Anchors, catalogue: Catalogue, language: str, at: datetime
) -> Consent:
    """Return what the screen says; nothing in it comes from unsigned text.

    Args:
        chosen: one match a credential query, its candidate a :class:`HeldCopy`.
        language: ``ja`` or ``en``.
    """
    purpose = purpose_of(request, anchors, at)
    leaving = tuple(_leaving(identifier, match, catalogue, language) for identifier, match in chosen.items())
    text = purpose.text.get(language, purpose.text["ja"]) if purpose else ""
    until = f"{request.verifier.certificate.not_valid_after_utc:%Y-%m-%d}" if request.verifier.certificate else ""
    return Consent(request.verifier.organization, until, text, purpose is not None, leaving)


def purpose_of(request: AuthorizationRequest, anchors: Anchors, at: datetime) -> RegisteredPurpose | None:
    """Return the registered purpose that covers the request, or None where none was shown.

    Raises:
        WarifuError: ``purpose_exceeded`` where a registration is shown and the request asks for more than it allows.
    """
    if not request.registrations:
        return None
    refusal: WarifuError | None = None
    for token in request.registrations:
        registration = parse_registration(token, client_id=request.client_id, anchors=anchors, at=at)
        try:
            return registered_purpose(registration, request.query)
        except WarifuError as error:
            refusal = error
    assert refusal is not None
    raise refusal


@dataclass(frozen=True, slots=True)
class HeldCopy:
    """A stored copy opened for matching."""

    copy: StoredCopy
    claims: Mapping[str, Any]
    authority_keys: frozenset[str]

    @property
    def format(self) -> str:
        """``dc+sd-jwt`` or ``mso_mdoc``."""
        return self.copy.format

    @property
    def type(self) -> str:
        """``vct`` or ``docType``."""
        return self.copy.type


def restrict(consent: Consent, wanted: Sequence[str]) -> Consent:
    """Return the screen with only the claims named in ``wanted`` (dotted paths) and those that always leave.

    Raises:
        WarifuError: ``claim_not_asked`` for a path that the verifier did not ask for: nothing leaves unasked.
    """
    asked = {dotted(path) for one in consent.leaving for path in one.paths}
    unknown = [name for name in wanted if name not in asked]
    if unknown:
        raise WarifuError(
            "claim_not_asked", f"the verifier did not ask for {unknown[0]}", hint=f"asked for: {', '.join(sorted(asked))}", layer="query"
        )
    leaving = tuple(_only(one, frozenset(wanted)) for one in consent.leaving)
    return replace(consent, leaving=leaving)


def dotted(path: Sequence[str | int | None]) -> str:
    """Return a path as the command line writes it: ``address.prefecture``; for an mdoc the element's name."""
    return ".".join("*" if part is None else str(part) for part in path)


def _only(one: Leaving, wanted: frozenset[str]) -> Leaving:
    kept = [index for index, path in enumerate(one.paths) if index < one.always or dotted(path) in wanted]
    gone = tuple(one.leaves[index].label for index in range(len(one.paths)) if index not in kept)
    leaves, paths = tuple(one.leaves[index] for index in kept), tuple(one.paths[index] for index in kept)
    return replace(one, leaves=leaves, paths=paths, stays=(*gone, *one.stays))


def _leaving(identifier: str, match: Match, catalogue: Catalogue, language: str) -> Leaving:
    held: HeldCopy = match.candidate
    always = _always(held, catalogue)
    paths = (*always, *(path for path in match.paths if path not in always))
    leaves = tuple(_line(held, catalogue, path, language) for path in paths)
    stays = tuple(
        _line(held, catalogue, path, language).label
        for path in _every_path(held)
        if not any(path[: len(leaving)] == leaving or leaving[: len(path)] == path for leaving in paths)
    )
    return Leaving(identifier, held.copy, title_of(catalogue, held.copy, language), leaves, stays, paths, len(always))


def claim_lines(held: HeldCopy, catalogue: Catalogue, language: str) -> list[Line]:
    """Return every claim of a copy with its label."""
    return [_line(held, catalogue, path, language) for path in _every_path(held)]


def title_of(catalogue: Catalogue, copy: StoredCopy, language: str) -> str:
    """Return the display name of a copy's type, or its bare identifier where the catalogue does not have it."""
    kind = _type_of(catalogue, copy)
    return copy.type if kind is None else kind.display(language)["name"]


def _type_of(catalogue: Catalogue, copy: StoredCopy) -> CredentialType | None:
    for kind in catalogue.types:
        if copy.type in (kind.vct, kind.doctype):
            return kind
    return None


def _always(held: HeldCopy, catalogue: Catalogue) -> tuple[Path, ...]:
    """Paths that leave whatever is asked: by the format for SD-JWT VC, by our own rule for mdoc (design 4)."""
    kind = _type_of(catalogue, held.copy)
    if kind is None:
        return ()
    if held.format == "dc+sd-jwt":
        return tuple(path for path in sorted(kind.always) if select(held.claims, path))
    return tuple(path for path in sorted(kind.always_elements) if select(held.claims, path))


def _every_path(held: HeldCopy) -> list[tuple[str, ...]]:
    if held.format == "mso_mdoc":
        return [(namespace, name) for namespace, elements in held.claims.items() for name in elements]
    return [path for path in _leaves(held.claims) if path[0] not in PLUMBING]


def _leaves(claims: Mapping[str, Any], prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    paths: list[tuple[str, ...]] = []
    for name, value in claims.items():
        paths += _leaves(value, (*prefix, name)) if isinstance(value, dict) else [(*prefix, name)]
    return paths


def _line(held: HeldCopy, catalogue: Catalogue, path: Path, language: str) -> Line:
    """Return label and value of one claim; both by our own catalogue, never by text that came with the credential."""
    values = select(held.claims, path)
    claim = _claim_at(_type_of(catalogue, held.copy), held.format, path)
    if claim is None:
        return Line(dotted(path), "、".join(_plain(value) for value in values))
    return Line(claim.label.in_locale(language), "、".join(claim.show(value, language) for value in values))


def _claim_at(kind: CredentialType | None, format_name: str, path: Path) -> ClaimDefinition | None:
    names = tuple(part for part in path if isinstance(part, str))
    if kind is None or len(names) != len(path):
        return None
    if format_name == "mso_mdoc":
        return kind.by_element.get((names[0], names[1])) if len(names) == 2 else None
    return kind.by_name.get(".".join(names))


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "、".join(_plain(item) for item in value.values())
    return str(value)
