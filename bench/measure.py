"""Interleaved rounds, medians, ratios."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

Work = Callable[[], object]


def interleaved(works: Mapping[str, Work], *, rounds: int = 40, repeat: int = 25) -> dict[str, float]:
    """Return the median µs of one call for each work; every round measures each of them once, in turn.

    Args:
        rounds: how often the whole set is gone through.
        repeat: calls in a row inside one measurement.
    """
    samples: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            started = time.perf_counter_ns()
            for _ in range(repeat):
                work()
            samples[name].append((time.perf_counter_ns() - started) / repeat / 1000)
    return {name: statistics.median(values) for name, values in samples.items()}
