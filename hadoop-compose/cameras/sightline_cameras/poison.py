"""Records that cannot be detections, at least one for each reason that the contract knows but `too_large_to_forward`:
a camera's producer (kafka_log.py) takes no record of that size.

traffic.py mixes them in when `--poison` asks for it. The reasons bear the names that core/domain/dead-letters.ts gives
them, so that the truth file and the dead-letter topic can be compared reason by reason.
"""

from collections.abc import Callable, Iterator
from itertools import cycle

import orjson

from .home import home_of
from .record import Record

_DAY_MS = 86_400_000
_BEYOND_THE_LAST_INSTANT = 253_402_300_800_000


def _valid(oid: int, now_ms: int) -> dict:
    return {
        "geographical_location_oid": 17,
        "video_camera_oid": 3021,
        "detection_oid": oid,
        "item_name": "bicycle",
        "timestamp_detected": now_ms,
    }


def _json(oid: int, now_ms: int, **changed: object) -> bytes:
    return orjson.dumps(_valid(oid, now_ms) | changed)


def _without(oid: int, now_ms: int, name: str) -> bytes:
    return orjson.dumps({k: v for k, v in _valid(oid, now_ms).items() if k != name})


def _raw(oid: int, now_ms: int, name: str, token: bytes) -> bytes:
    """The value with one field's token replaced by bytes that an encoder would never write."""
    return _json(oid, now_ms, **{name: "\x00"}).replace(rb'"\u0000"', token)


#: (reason, value of the record), in the order in which they are sent.
_SPOILED: list[tuple[str, Callable[[int, int], bytes | None]]] = [
    ("tombstone", lambda oid, now: None),
    ("empty_value", lambda oid, now: b""),
    ("byte_order_mark", lambda oid, now: b"\xef\xbb\xbf" + _json(oid, now)),
    ("bad_utf8", lambda oid, now: _json(oid, now).replace(b"bicycle", b"bicy\xc3(le")),
    ("not_json", lambda oid, now: _json(oid, now)[:-20]),
    ("not_json", lambda oid, now: _raw(oid, now, "video_camera_oid", b"007")),
    ("not_an_object", lambda oid, now: b"[" + _json(oid, now) + b"]"),
    ("not_an_object", lambda oid, now: b"null"),
    ("duplicate_field", lambda oid, now: _json(oid, now)[:-1] + b',"detection_oid":1}'),
    ("duplicate_field", lambda oid, now: _json(oid, now)[:-1] + rb',"item\u005fname":"car"}'),
    ("lone_surrogate", lambda oid, now: _raw(oid, now, "item_name", rb'"bicycle \ud83d"')),
    ("missing_field", lambda oid, now: _without(oid, now, "detection_oid")),
    ("missing_field", lambda oid, now: _without(oid, now, "timestamp_detected")),
    ("wrong_type", lambda oid, now: _raw(oid, now, "detection_oid", b"1.0")),
    ("wrong_type", lambda oid, now: _raw(oid, now, "detection_oid", b"1e3")),
    ("wrong_type", lambda oid, now: _raw(oid, now, "detection_oid", b"-0")),
    ("wrong_type", lambda oid, now: _json(oid, now, detection_oid="007")),
    ("wrong_type", lambda oid, now: _json(oid, now, item_name=None)),
    ("wrong_type", lambda oid, now: _json(oid, now, timestamp_detected=str(now))),
    ("out_of_range", lambda oid, now: _raw(oid, now, "detection_oid", b"9223372036854775808")),
    ("out_of_range", lambda oid, now: _json(oid, now, timestamp_detected=-1)),
    ("out_of_range", lambda oid, now: _json(oid, now, timestamp_detected=_BEYOND_THE_LAST_INSTANT)),
    ("item_name_length", lambda oid, now: _json(oid, now, item_name="")),
    ("item_name_length", lambda oid, now: _json(oid, now, item_name="é" * 5_001)),
    ("ahead_of_arrival", lambda oid, now: _json(oid, now, timestamp_detected=now + 2 * _DAY_MS)),
    ("stray_not_at_home", _json),
]

KINDS = len(_SPOILED)


def poison(partition_count: int) -> Iterator[Callable[[int, int], Record]]:
    """Endless makers of poison, each called with (oid, now_ms); the kinds take turns."""

    def maker(reason: str, spoil: Callable[[int, int], bytes | None]) -> Callable[[int, int], Record]:
        def make(oid: int, now_ms: int) -> Record:
            record = Record(spoil(oid, now_ms), oid, 0, 0, "", "", 0, kind=f"poison:{reason}")
            if reason == "stray_not_at_home":
                record.headers = {"sightline.stray": b"0:0"}
                record.partition = (home_of(b"%d" % oid, partition_count) + 1) % partition_count
            return record

        return make

    return cycle([maker(reason, spoil) for reason, spoil in _SPOILED])
