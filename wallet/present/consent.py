"""What a holder is asked before anything leaves: who asks, for what, what goes, what stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from schemas.credentials import Catalogue
from schemas.errors import WarifuError
from schemas.messages.openid4vp import AuthorizationRequest
from schemas.messages.registration import MAX_TEXT, RegisteredPurpose, parse_registration, registered_purpose
from schemas.trust import Anchors
from wallet.match.matcher import Match
from wallet.present.foreign_text import readable
from wallet.present.held import HeldCopy, Line, Path, always_paths, every_path, line_of, title_of
from wallet.vault.entries import StoredCopy


@dataclass(frozen=True, slots=True)
class Leaving:
    """One copy that would be shown: its claims that leave, and the labels of those that stay.

    Attributes:
        always: the first so many of ``leaves`` leave whatever is asked; the issuing municipality is among them.
        retained: labels of what the verifier says it will keep.
    """

    query_id: str
    copy: StoredCopy
    title: str
    leaves: tuple[Line, ...]
    stays: tuple[str, ...]
    always: int
    retained: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths that would be disclosed."""
        return tuple(line.path for line in self.leaves)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, as the access certificate says it, and for what, as the registrar says it; made safe to read.

    Attributes:
        municipality: six digits, where the certificate names a municipality.
        purpose: empty where no registration was shown.
    """

    name: str
    municipality: str | None
    certified_until: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Consent:
    """The whole screen."""

    asker: Asker
    leaving: tuple[Leaving, ...]


def asker_of(request: AuthorizationRequest, *, anchors: Anchors, language: str, at: datetime) -> Asker:
    """Return who asks and why.

    Args:
        language: ``ja`` or ``en``.

    Raises:
        WarifuError: ``purpose_exceeded`` where a registration is shown and the request asks for more than it allows, and
            what speaks against a registration.
    """
    purpose = purpose_of(request, anchors, at)
    text = purpose.text.get(language, purpose.text["ja"]) if purpose else ""
    signer = request.verifier
    until = f"{signer.certificate.not_valid_after_utc:%Y-%m-%d}" if signer.certificate else ""
    return Asker(readable(signer.organization), signer.municipality, until, readable(text, longest=MAX_TEXT))


def purpose_of(request: AuthorizationRequest, anchors: Anchors, at: datetime) -> RegisteredPurpose | None:
    """Return the registered purpose that covers the request, or None where none was shown.

    Raises:
        WarifuError: ``purpose_exceeded``, or what speaks against a registration.
    """
    refusal: WarifuError | None = None
    for token in request.registrations:
        registration = parse_registration(token, client_id=request.client_id, anchors=anchors, at=at)
        try:
            return registered_purpose(registration, request.query)
        except WarifuError as error:
            refusal = error
    if refusal is not None:
        raise refusal
    return None


def describe(asker: Asker, chosen: Mapping[str, Match], *, catalogue: Catalogue, language: str) -> Consent:
    """Return what the screen says; labels come from our own catalogue.

    Args:
        chosen: one match a credential query, its candidate a :class:`HeldCopy`.
    """
    return Consent(asker, tuple(_leaving(identifier, match, catalogue, language) for identifier, match in chosen.items()))


def _leaving(identifier: str, match: Match, catalogue: Catalogue, language: str) -> Leaving:
    held: HeldCopy = match.candidate
    always = always_paths(held, catalogue)
    paths = (*always, *(path for path in match.paths if path not in always))
    leaves = tuple(line_of(held, catalogue, path, language) for path in paths)
    stays = [path for path in every_path(held, catalogue) if not any(_covers(leaving, path) for leaving in paths)]
    retained = [claim.path for claim in match.claims if claim.intent_to_retain]
    return Leaving(
        identifier,
        held.copy,
        title_of(catalogue, held.copy, language),
        leaves,
        _labels(held, catalogue, stays, language),
        len(always),
        _labels(held, catalogue, retained, language),
    )


def _covers(leaving: Path, path: Path) -> bool:
    """Tell whether disclosing ``leaving`` discloses ``path``: itself or what is below it."""
    return path[: len(leaving)] == leaving


def _labels(held: HeldCopy, catalogue: Catalogue, paths: Sequence[Path], language: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line_of(held, catalogue, path, language).label for path in paths))


def restrict(consent: Consent, wanted: Sequence[str]) -> Consent:
    """Return the screen with only the claims named in ``wanted`` and those that always leave.

    Args:
        wanted: names of claims as the catalogue has them (``address.prefecture``), or dotted paths.

    Raises:
        WarifuError: ``claim_not_asked`` for a claim that the verifier did not ask for: nothing leaves unasked.
    """
    asked = {line.name for one in consent.leaving for line in one.leaves}
    unknown = [name for name in wanted if name not in asked]
    if unknown:
        raise WarifuError(
            "claim_not_asked", f"the verifier did not ask for {unknown[0]}", hint=f"asked for: {', '.join(sorted(asked))}", layer="query"
        )
    return replace(consent, leaving=tuple(_only(one, frozenset(wanted)) for one in consent.leaving))


def _only(one: Leaving, wanted: frozenset[str]) -> Leaving:
    kept = tuple(line for position, line in enumerate(one.leaves) if position < one.always or line.name in wanted)
    gone = tuple(line.label for line in one.leaves if line not in kept)
    return replace(one, leaves=kept, stays=(*gone, *one.stays))
