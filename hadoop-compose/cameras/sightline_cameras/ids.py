"""Ids of detections: 63 bits, all beyond 2^53, rising, never given twice, not by another run either.

    bit 62 ... 22   milliseconds since 2020-01-01 UTC
    bit 21 ...  8   node: which producer made it (random for each run unless it is set)
    bit  7 ...  0   sequence within the millisecond

A plain counter would repeat itself after a restart, and the layers would rightly take its detections for copies.
"""

import os

EPOCH_MS = 1_577_836_800_000
NODE_BITS = 14
SEQUENCE_BITS = 8
NODES = 1 << NODE_BITS
_LAST_SEQUENCE = (1 << SEQUENCE_BITS) - 1


def random_node() -> int:
    return int.from_bytes(os.urandom(4), "big") % NODES


class DetectionIds:
    def __init__(self, node: int) -> None:
        if not 0 <= node < NODES:
            raise ValueError(f"node is {node}; 0 to {NODES - 1} was expected")
        self._node_bits = node << SEQUENCE_BITS
        self._last_ms = -1
        self._sequence = 0

    def next(self, now_ms: int) -> int:
        """A new id. Borrows from the next millisecond when one is full, and never follows a clock that steps back."""
        ms = now_ms - EPOCH_MS
        if ms > self._last_ms:
            self._last_ms, self._sequence = ms, 0
        elif self._sequence < _LAST_SEQUENCE:
            self._sequence += 1
        else:
            self._last_ms, self._sequence = self._last_ms + 1, 0
        return self._last_ms << (NODE_BITS + SEQUENCE_BITS) | self._node_bits | self._sequence
