"""The simulated city: which cameras exist, where they stand, how busy they are and what they see.

Built once from dataset B; traffic.py draws from it. The city has a seed of its own that never changes, so that camera
3021 stands at the same place in every run; the traffic's seed only decides who passes by. Draws are look-ups in
tables whose entries are repeated by weight: one random number each, no search.
"""

import random
from dataclasses import dataclass

from .items import Item, item_of, weights_at, WEIGHTS
from .places import Place, UNKNOWN_PLACE_OIDS

_CITY_SEED = 1_898
CAMERA_TABLE_BITS = 16
ITEM_TABLE_BITS = 12
_BUSY = {"station": 2.6, "airport": 2.0, "square": 1.8, "road": 1.5, "harbour": 1.1, "campus": 1.1, "street": 1.0, "park": 0.8}
_BEYOND_2_53 = 1 << 53


@dataclass(slots=True, frozen=True)
class Camera:
    oid: int
    place_oid: int
    #: The JSON up to the detection's id.
    json_head: bytes
    #: By day and by night.
    item_tables: tuple[list[Item], list[Item]]
    #: How far this camera's clock is from true time.
    clock_offset_ms: int


class City:
    def __init__(self, places: list[Place], camera_count: int) -> None:
        rng = random.Random(_CITY_SEED)
        self.items = [item_of(name) for name in WEIGHTS]
        tables = {kind: self._item_tables(kind) for kind in _BUSY}
        weights = _place_weights(places, rng)
        self.cameras: list[Camera] = []
        shares: list[float] = []
        counts = _cameras_per_place(weights, camera_count)
        for place in places:
            count = counts[place.oid]
            for rank in range(count):
                self.cameras.append(_camera(len(self.cameras) + 1, place, tables[place.kind], rng))
                shares.append(weights[place.oid] / ((rank + 1) ** 0.5 * _harmonic(count)))
        self.camera_table = weighted_table(self.cameras, shares, CAMERA_TABLE_BITS)

    def _item_tables(self, place_kind: str) -> tuple[list[Item], list[Item]]:
        by_day, by_night = (
            weighted_table(self.items, list(weights_at(place_kind, night).values()), ITEM_TABLE_BITS)
            for night in (False, True)
        )
        return by_day, by_night


def weighted_table(values: list, weights: list[float], bits: int) -> list:
    """2^bits entries in which each value stands in proportion to its weight, and at least once."""
    size = 1 << bits
    if len(values) > size // 2:
        raise ValueError(f"{len(values)} values do not fit into a table of {size}; at most {size // 2} were expected")
    total = sum(weights)
    entries = [max(1, round(size * weight / total)) for weight in weights]
    while (surplus := sum(entries) - size) != 0:
        most = entries.index(max(entries))
        entries[most] -= surplus if entries[most] > 2 * surplus else entries[most] // 2
    return [value for value, count in zip(values, entries, strict=True) for _ in range(count)]


def _place_weights(places: list[Place], rng: random.Random) -> dict[int, float]:
    """A Zipf-like share for each place; stations and airports tend to the top, unknown places to the bottom."""
    busy = sorted(places, key=lambda p: rng.paretovariate(1.2) * _BUSY[p.kind] ** 1.5, reverse=True)
    known = [place for place in busy if place.oid not in UNKNOWN_PLACE_OIDS]
    weights = {place.oid: (rank + 2.0) ** -0.62 for rank, place in enumerate(known)}
    least = min(weights.values())
    return weights | {oid: least * 0.9 for oid in UNKNOWN_PLACE_OIDS}


def _cameras_per_place(weights: dict[int, float], camera_count: int) -> dict[int, int]:
    """Busier places have more cameras, by the root of their share; every place has at least one."""
    all_roots = sum(weight**0.5 for weight in weights.values())
    return {oid: max(1, round(camera_count * weight**0.5 / all_roots)) for oid, weight in weights.items()}


def _camera(number: int, place: Place, item_tables: tuple, rng: random.Random) -> Camera:
    oid = number if number % 97 else _BEYOND_2_53 + number
    head = b'{"geographical_location_oid":%d,"video_camera_oid":%d,"detection_oid":' % (place.oid, oid)
    return Camera(oid, place.oid, head, item_tables, round(max(-1_500, min(1_500, rng.gauss(0, 150)))))


def _harmonic(count: int) -> float:
    return sum((rank + 1) ** -0.5 for rank in range(count))
