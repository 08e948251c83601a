"""Makes detections and plans what the network does to them: late ones, copies, copies by other producers, poison.

run.py asks for the records of each slice of time; what comes back goes to kafka_log.py at once, the planned copies to
copies.py until they are due. Clock, ids and randomness come from outside: the same seed gives the same traffic.
"""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from .city import CAMERA_TABLE_BITS, ITEM_TABLE_BITS, City
from .ids import DetectionIds
from .poison import poison
from .record import CRC32, KEYLESS, MURMUR2, Record
from .wording import other_bytes

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_DAY_MS = 24 * _HOUR_MS
_TO_THE_EDGE_MS = 40
_MEAN_NETWORK_DELAY_MS = 120
#: Copies up to here are ordinary retries; the slow ones come between this and the longest delay.
ORDINARY_COPY_DELAY_MS = 5 * _MINUTE_MS
_SLOW_COPIES = 0.03
_OTHER_BYTES = 0.15


@dataclass(slots=True, frozen=True)
class Shares:
    """Fractions of detections (0 to 1), but `strays`, which is the fraction of copies that take another way."""

    copies: float = 0.1
    strays: float = 0.4
    late: float = 0.002
    deferred: float = 0.0
    conflicts: float = 0.0
    poison: float = 0.0
    longest_copy_delay_ms: int = 2 * _HOUR_MS


@dataclass(slots=True, frozen=True)
class Planned:
    due_ms: int
    record: Record


class Traffic:
    def __init__(self, city: City, ids: DetectionIds, rng: random.Random, shares: Shares, partition_count: int) -> None:
        self._city = city
        self._cameras = city.camera_table
        self._ids = ids
        self._rng = rng
        self._shares = shares
        self._makers_of_poison = poison(partition_count)

    def detection(self, now_ms: int) -> Record:
        """A new detection, as its camera sends it now."""
        rng = self._rng
        camera = self._cameras[rng.getrandbits(CAMERA_TABLE_BITS)]
        night = not 6 <= now_ms // _HOUR_MS % 24 < 21
        item = camera.item_tables[night][rng.getrandbits(ITEM_TABLE_BITS)]
        age_ms, kind = self._age(rng.random())
        detected_ms = now_ms - age_ms + camera.clock_offset_ms
        oid = self._ids.next(now_ms)
        value = b"%b%d%b%d}" % (camera.json_head, oid, item.json_middle, detected_ms)
        return Record(value, oid, camera.place_oid, camera.oid, item.csv_field, item.name, detected_ms, kind)

    def copies_of(self, record: Record, now_ms: int) -> Iterator[Planned]:
        """The copies that this detection will have: mostly none, else one to three, and conflicting ones if asked for."""
        rng, shares = self._rng, self._shares
        if rng.random() < shares.copies:
            for _ in range(rng.choices((1, 2, 3), (70, 20, 10))[0]):
                yield Planned(now_ms + self._copy_delay_ms(), self._copy(record))
        if shares.conflicts and rng.random() < shares.conflicts:
            yield Planned(now_ms + self._copy_delay_ms(), self._conflict(record))

    def poison(self, now_ms: int) -> Record | None:
        if self._shares.poison and self._rng.random() < self._shares.poison:
            return next(self._makers_of_poison)(self._ids.next(now_ms), now_ms)
        return None

    def _age(self, chance: float) -> tuple[int, str]:
        shares = self._shares
        if chance < shares.late:
            return self._log_uniform(2 * _MINUTE_MS, 12 * _HOUR_MS), "new:late"
        if chance < shares.late + shares.deferred:
            return self._rng.randint(2 * _DAY_MS + _HOUR_MS, 6 * _DAY_MS), "new:deferred"
        return _TO_THE_EDGE_MS + int(self._rng.expovariate(1 / _MEAN_NETWORK_DELAY_MS)), "new"

    def _copy(self, record: Record) -> Record:
        same_bytes = self._rng.random() >= _OTHER_BYTES
        return Record(
            record.value if same_bytes else other_bytes(record, self._rng),
            record.oid, record.place_oid, record.camera_oid, record.item_csv, record.item_name, record.detected_ms,
            "copy" if same_bytes else "copy:other_bytes",
            self._way(),
        )  # fmt: skip

    def _conflict(self, record: Record) -> Record:
        item = self._rng.choice([item for item in self._city.items if item.name != record.item_name])
        changed = Record(
            None, record.oid, record.place_oid, record.camera_oid, item.csv_field, item.name, record.detected_ms,
            "copy:conflict", self._way(),
        )  # fmt: skip
        changed.value = other_bytes(changed, self._rng)
        return changed

    def _way(self) -> str:
        chance = self._rng.random()
        if chance >= self._shares.strays:
            return MURMUR2
        return CRC32 if chance < self._shares.strays * 0.625 else KEYLESS

    def _copy_delay_ms(self) -> int:
        longest = self._shares.longest_copy_delay_ms
        if longest > ORDINARY_COPY_DELAY_MS and self._rng.random() < _SLOW_COPIES:
            return self._log_uniform(ORDINARY_COPY_DELAY_MS, longest)
        return self._log_uniform(1, min(longest, ORDINARY_COPY_DELAY_MS))

    def _log_uniform(self, least: int, greatest: int) -> int:
        return round(math.exp(self._rng.uniform(math.log(least), math.log(max(least, greatest)))))
