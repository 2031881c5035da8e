"""Choices that a seed decides, the same on every machine.  Not secret and never to be used for keys, nonces or salts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class SeededChoices:
    """A stream of choices from SHA-256 over seed and counter (public by design: whoever knows the seed knows them all)."""

    def __init__(self, *seed: str | int) -> None:
        """Start the stream of ``seed``, whose parts are kept apart from one another."""
        self._seed = "\x1f".join(map(str, seed)).encode()
        self._counter = 0

    def below(self, limit: int) -> int:
        """Return a number from 0 to ``limit`` - 1 (limit ≤ 2³²), each as often as any other."""
        bound = (1 << 64) - (1 << 64) % limit
        while True:
            self._counter += 1
            number = int.from_bytes(hashlib.sha256(b"%b\x1f%d" % (self._seed, self._counter)).digest()[:8], "big")
            if number < bound:
                return number % limit

    def between(self, first: int, last: int) -> int:
        """Return a number from ``first`` to ``last``, both included."""
        return first + self.below(last - first + 1)

    def chance(self, permille: int) -> bool:
        """Return True ``permille`` times in a thousand."""
        return self.below(1000) < permille

    def one_of(self, things: Sequence[T]) -> T:
        """Return one of ``things``."""
        return things[self.below(len(things))]

    def weighted(self, things: Sequence[tuple[int, T]]) -> T:
        """Return one of ``things``, each as often as its weight says."""
        place = self.below(sum(weight for weight, _ in things))
        for weight, thing in things:
            if place < weight:
                return thing
            place -= weight
        raise AssertionError("the weights were counted wrongly")
