"""Copies that wait until they are due, the soonest first.

traffic.py plans them, run.py takes the due ones in every slice. The number is bounded: past the limit the soonest
become due at once, so that a long run at a high rate cannot eat the memory, and none is ever forgotten.
"""

import heapq
from itertools import count

from .record import Record
from .traffic import Planned


class WaitingCopies:
    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._order = count()
        self._heap: list[tuple[int, int, Record]] = []

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, planned: Planned) -> None:
        heapq.heappush(self._heap, (planned.due_ms, next(self._order), planned.record))

    def take(self, now_ms: int) -> Record | None:
        """The next copy that is due, or None."""
        if self._heap and (self._heap[0][0] <= now_ms or len(self._heap) > self._limit):
            return heapq.heappop(self._heap)[2]
        return None
