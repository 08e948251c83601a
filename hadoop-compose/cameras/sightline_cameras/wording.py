"""The same detection in other bytes: what a gateway that re-encodes a message sends on.

traffic.py uses it for some copies. The five values stay the same, so the layers must find the same detection in it.
"""

import random

import orjson

from .record import Record


def _fields(record: Record) -> dict:
    return {
        "geographical_location_oid": record.place_oid,
        "video_camera_oid": record.camera_oid,
        "detection_oid": record.oid,
        "item_name": record.item_name,
        "timestamp_detected": record.detected_ms,
    }


def _other_order(record: Record) -> bytes:
    return orjson.dumps(dict(reversed(_fields(record).items())))


def _indented(record: Record) -> bytes:
    return orjson.dumps(_fields(record), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _with_extra_fields(record: Record) -> bytes:
    return orjson.dumps(_fields(record) | {"gateway": {"retry": 1, "firmware": "4.2.0"}, "confidence": 0.87})


def _ids_as_text(record: Record) -> bytes:
    return orjson.dumps({k: str(v) if k.endswith("_oid") else v for k, v in _fields(record).items()})


def _escaped(record: Record) -> bytes:
    units = record.item_name.encode("utf-16-be")
    escapes = "".join(f"\\u{units[at]:02x}{units[at + 1]:02X}" for at in range(0, len(units), 2))
    plain = orjson.dumps(_fields(record) | {"item_name": "?"})
    return plain.replace(b'"item_name":"?"', b'"item\\u005fname":"' + escapes.encode() + b'"')


_WORDINGS = (_other_order, _indented, _with_extra_fields, _ids_as_text, _escaped)


def other_bytes(record: Record, rng: random.Random) -> bytes:
    return rng.choice(_WORDINGS)(record)
