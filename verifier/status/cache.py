"""Status lists in memory: fetched once for all who wait, used while fresh, never older than what was seen before.

A decision never fetches.  It asks :class:`CachedLists`, which notes what is missing; :func:`settle` then fetches off the
event loop and decides again.  Fetching happens only after everything else about the credential has been checked, only from
origins that its anchor names, and only through the guarded fetcher (threats E08, F01).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from runtime.fetcher import Fetched
from schemas.errors import UndeterminedError, WarifuError
from schemas.formats.status_list import StatusReference
from schemas.trust import Anchors, TrustAnchor
from schemas.verify.status import VerifiedStatusList, check_status_list, check_status_origin, max_token_bytes
from verifier.status.newest import NewestLists

SHORTEST_TTL: Final = timedelta(seconds=1)
LONGEST_TTL: Final = timedelta(hours=1)
RETRY_AFTER: Final = timedelta(seconds=5)
MAX_LISTS: Final = 512
REFRESH_AT: Final = 0.8
UNUSED_AFTER: Final = timedelta(hours=1)

Clock = Callable[[], datetime]
T = TypeVar("T")


class ListFetcher(Protocol):
    """The part of ``runtime.fetcher.GuardedFetcher`` that is needed here."""

    def get(self, url: str, *, accept: str, max_bytes: int) -> Fetched:
        """Fetch ``url``; raises ``UndeterminedError`` or ``WarifuError``."""
        ...


@dataclass(frozen=True, slots=True)
class MissingList:
    """A list that a decision needs: where it lies, in which form, under whose anchor."""

    uri: str
    media_type: str
    anchor: TrustAnchor


@dataclass(slots=True)
class _Entry:
    """What is known of one list: its last good copy, and the last failure with the time from which to try again."""

    verified: VerifiedStatusList | None = None
    fetched_at: datetime | None = None
    failure: WarifuError | None = None
    retry_at: datetime | None = None
    used_at: datetime | None = None


class StatusCache:
    """The lists of one process."""

    def __init__(self, *, anchors: Anchors, fetcher: ListFetcher, newest: NewestLists, clock: Clock) -> None:
        """Start empty.

        Args:
            anchors: who may sign status lists.
            fetcher: the guarded fetcher.
            newest: memory of issue times that outlives the process.
            clock: when a list arrived.
        """
        self._anchors = anchors
        self._fetcher = fetcher
        self._newest = newest
        self._clock = clock
        self._entries: dict[MissingList, _Entry] = {}
        self._fetching: dict[MissingList, asyncio.Task[None]] = {}

    def source(self, tried: frozenset[MissingList] = frozenset()) -> CachedLists:
        """Return the lists as one decision sees them; ``tried`` were just fetched for it."""
        return CachedLists(self, tried)

    def entry(self, wanted: MissingList) -> _Entry | None:
        """Return what is known of a list."""
        return self._entries.get(wanted)

    def refresh(self, wanted: MissingList) -> None:
        """Fetch and check one list now; a failure is kept for the next decision and is not raised."""
        entry = self._entries.get(wanted) or self._add(wanted)
        try:
            verified = self._fetch(wanted)
        except WarifuError as error:
            entry.failure, entry.retry_at = error, self._clock() + RETRY_AFTER
            return
        entry.verified, entry.fetched_at, entry.failure, entry.retry_at = verified, self._clock(), None, None

    async def ensure(self, wanted: MissingList) -> None:
        """Fetch one list off the event loop; all who ask meanwhile wait for the same fetch (threat E09)."""
        task = self._under_way(wanted)
        if task is None:
            task = asyncio.create_task(asyncio.to_thread(self.refresh, wanted))
            self._fetching[wanted] = task
            task.add_done_callback(lambda _: self._fetching.pop(wanted, None))
        await asyncio.shield(task)

    def _under_way(self, wanted: MissingList) -> asyncio.Task[None] | None:
        """Return the fetch that others wait for already, if there is one."""
        return self._fetching.get(wanted)

    def due(self, at: datetime) -> list[MissingList]:
        """Return the lists in use whose time is nearly over, to be fetched before somebody needs them."""
        with suppress(RuntimeError):  # a list was added meanwhile: the next round sees it
            return [wanted for wanted, entry in self._entries.items() if _nearly_over(entry, at)]
        return []

    def _add(self, wanted: MissingList) -> _Entry:
        while len(self._entries) >= MAX_LISTS:
            self._entries.pop(next(iter(self._entries)))
        return self._entries.setdefault(wanted, _Entry())

    def _fetch(self, wanted: MissingList) -> VerifiedStatusList:
        check_status_origin(wanted.uri, wanted.anchor)
        limit = max_token_bytes(wanted.anchor.max_list_bytes)
        fetched = self._fetcher.get(wanted.uri, accept=wanted.media_type, max_bytes=limit)
        _check_answer(fetched, wanted.media_type)
        verified = check_status_list(
            fetched.body,
            media_type=wanted.media_type,
            uri=wanted.uri,
            anchors=self._anchors,
            issuer=wanted.anchor,
            at=self._clock(),
            newest_iat=self._newest.newest(wanted.uri),
        )
        self._newest.remember(wanted.uri, verified.iat)
        return verified


def _check_answer(fetched: Fetched, media_type: str) -> None:
    """Anything but a 200 of the right media type is no list (threat E03)."""
    if fetched.status != 200 or fetched.content_type != media_type:
        raise UndeterminedError(
            "status_unreachable",
            "the status list could not be fetched",
            hint="try again; if it persists, ask the issuer",
            clause="Token Status List 8.1",
            layer="status",
        )


@dataclass(slots=True)
class CachedLists:
    """A ``StatusSource`` over the cache that never fetches; ``missing`` names what would have to be fetched."""

    cache: StatusCache
    tried: frozenset[MissingList]
    missing: set[MissingList] = field(default_factory=set)

    def token_for(
        self, ref: StatusReference, *, media_type: str, anchor: TrustAnchor, at: datetime, max_age: timedelta | None
    ) -> VerifiedStatusList:
        """Return the list for a reference, checked and fresh enough.

        Raises:
            UndeterminedError: ``status_unreachable`` where it is not there, or why fetching it failed.
        """
        wanted = MissingList(ref.uri, media_type, anchor)
        entry = self.cache.entry(wanted)
        if entry is not None and entry.verified is not None and _usable(entry, at, max_age, tried=wanted in self.tried):
            entry.used_at = at
            return entry.verified
        if entry is not None and entry.failure is not None and (wanted in self.tried or _resting(entry, at)):
            raise _undetermined(entry.failure)
        if wanted not in self.tried:
            self.missing.add(wanted)
        raise UndeterminedError(
            "status_unreachable", "no fresh status list is at hand", hint="try again", clause="Token Status List 8.3", layer="status"
        )


def _usable(entry: _Entry, at: datetime, max_age: timedelta | None, *, tried: bool) -> bool:
    """Fresh within ttl and the purpose's own limit; after a failed refresh an old copy serves until it expires,
    unless the purpose sets a limit (threats E07, E09)."""
    assert entry.verified is not None
    assert entry.fetched_at is not None
    age = at - entry.fetched_at
    if at >= entry.verified.exp:
        return False
    if max_age is not None:
        return age < max_age or (tried and entry.failure is None and age <= max_age)
    return age < _ttl(entry.verified) or _resting(entry, at)


def _ttl(verified: VerifiedStatusList) -> timedelta:
    """The issuer's ttl, neither so short that every decision fetches nor so long that a revocation is not seen (E07)."""
    return min(max(verified.ttl or LONGEST_TTL, SHORTEST_TTL), LONGEST_TTL)


def _nearly_over(entry: _Entry, at: datetime) -> bool:
    if entry.verified is None or entry.fetched_at is None or _resting(entry, at):
        return False
    unused = entry.used_at is None or at - entry.used_at > UNUSED_AFTER
    return not unused and at - entry.fetched_at >= _ttl(entry.verified) * REFRESH_AT


def _resting(entry: _Entry, at: datetime) -> bool:
    """Whether a refresh failed just now, so that trying again would only add to the load."""
    return entry.retry_at is not None and at < entry.retry_at


def _undetermined(failure: WarifuError) -> UndeterminedError:
    """Whatever kept a list away, the outcome is undetermined and never "not revoked" (threat E03)."""
    return UndeterminedError(failure.code, failure.message, hint=failure.hint, clause=failure.clause, layer="status")


async def settle(decide: Callable[[CachedLists], T], cache: StatusCache) -> T:
    """Decide; where lists were missing, fetch them all off the event loop and decide once more.

    Args:
        decide: the pure decision over a status source; called at most twice.
    """
    source = cache.source()
    result = decide(source)
    if not source.missing:
        return result
    missing = frozenset(source.missing)
    await asyncio.gather(*(cache.ensure(wanted) for wanted in missing))
    return decide(cache.source(missing))


def settle_now(decide: Callable[[CachedLists], T], cache: StatusCache) -> T:
    """As :func:`settle`, for a command without an event loop."""
    source = cache.source()
    result = decide(source)
    if not source.missing:
        return result
    missing = frozenset(source.missing)
    for wanted in missing:
        cache.refresh(wanted)
    return decide(cache.source(missing))
