"""How many failed token requests one address, and all together, may make in a minute (threat C02).

The five tries of an offer are counted in the store; this only slows down whoever tries codes at random.  It lives in
memory, forgets after a minute and holds a bounded number of addresses.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from schemas.errors import WarifuError

WINDOW_SECONDS: Final = 60.0
MAX_ADDRESSES: Final = 10_000
EVERYBODY: Final = ""


class FailurePace:
    """Counts failures by address in windows of a minute.

    Args:
        limit: failures that one address may make in a window; all together may make ten times as many.
        monotonic: gives seconds that never run backwards.
    """

    def __init__(self, *, limit: int, monotonic: Callable[[], float]) -> None:
        self._limits = {EVERYBODY: 10 * limit}
        self._limit, self._monotonic = limit, monotonic
        self._lock = threading.Lock()
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def check(self, address: str) -> None:
        """Raise ``rate_limited`` where ``address`` or everybody has failed too often in this window."""
        with self._lock:
            for who in (EVERYBODY, address):
                if self._failures(who) >= self._limits.get(who, self._limit):
                    raise WarifuError(
                        "rate_limited", "too many failed requests", hint="wait a minute and try again", clause="RFC 6585 4", layer="policy"
                    )

    def count(self, address: str) -> None:
        """Count one failure."""
        with self._lock:
            for who in (EVERYBODY, address):
                failures = self._failures(who)
                start = self._windows[who][0] if failures else self._monotonic()
                self._windows[who] = (start, failures + 1)
                self._windows.move_to_end(who)
            while len(self._windows) > MAX_ADDRESSES:
                self._windows.popitem(last=False)

    def _failures(self, who: str) -> int:
        start, failures = self._windows.get(who, (0.0, 0))
        return failures if self._monotonic() - start < WINDOW_SECONDS else 0
