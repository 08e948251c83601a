"""One detection, as far as a picture shows it: what footage_feed.py sends to footage.py, one line of JSON each."""

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class Sight:
    camera_oid: int
    oid: int
    item: str
    detected_ms: int
    place_kind: str
