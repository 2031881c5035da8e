"""A source over status lists that are at hand already, as a file, a vector or a test gives them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.errors import UndeterminedError
from schemas.formats.status_list import StatusReference
from schemas.trust import Anchors, TrustAnchor
from schemas.verify.status import VerifiedStatusList, check_freshness, check_status_list


@dataclass(frozen=True, slots=True)
class StatusToken:
    """A status list as it was fetched; ``fetched_at`` None where that is not known."""

    uri: str
    media_type: str
    body: bytes
    fetched_at: datetime | None = None


class StatusLists:
    """A source over lists that are at hand already; lists of one address stand in the order of fetching.

    Each list is checked at the time it was fetched, once for each anchor; where that time is not known, at every use.
    """

    def __init__(self, tokens: Iterable[StatusToken], *, anchors: Anchors) -> None:
        self._tokens: dict[tuple[str, str], list[StatusToken]] = {}
        self._checked: dict[tuple[str, str, TrustAnchor], VerifiedStatusList] = {}
        self._anchors = anchors
        for token in tokens:
            self._tokens.setdefault((token.uri, token.media_type), []).append(token)

    def token_for(
        self, ref: StatusReference, *, media_type: str, anchor: TrustAnchor, at: datetime, max_age: timedelta | None
    ) -> VerifiedStatusList:
        """Return the last list for ``ref``; see :class:`StatusSource`. Raises ``status_unavailable``, ``status_list_stale``."""
        tokens = self._tokens.get((ref.uri, media_type))
        if not tokens:
            raise UndeterminedError(
                "status_unavailable",
                "the credential's status list is not at hand",
                hint="give the list of its address",
                clause="Token Status List 8.3",
                layer="status",
            )
        found = self._checked.get((ref.uri, media_type, anchor))
        if found is None:
            found = self._check(tokens, anchor, at)
            if all(token.fetched_at is not None for token in tokens):
                self._checked[ref.uri, media_type, anchor] = found
        check_freshness(found, tokens[-1].fetched_at or found.iat, at, max_age)
        return found

    def _check(self, tokens: Sequence[StatusToken], anchor: TrustAnchor, at: datetime) -> VerifiedStatusList:
        found: VerifiedStatusList | None = None
        for token in tokens:
            found = check_status_list(
                token.body,
                media_type=token.media_type,
                uri=token.uri,
                anchors=self._anchors,
                at=token.fetched_at or at,
                newest_iat=found.iat if found is not None else None,
                issuer=anchor,
            )
        assert found is not None
        return found
