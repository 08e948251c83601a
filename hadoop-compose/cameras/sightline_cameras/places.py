"""Reads dataset B for the simulation: which places exist, and what kind of place each is by its name.

Only city.py uses it. The kind decides which items are seen there; a name that tells nothing is a street. Some cameras
stand at places that dataset B does not know, because reference tables are never complete.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

#: Places of cameras that are missing from places.csv.
UNKNOWN_PLACE_OIDS = (402_402, 4_711, 9_007_199_254_741_007)

_KIND_BY_WORD = {
    "airport": "airport", "terminal": "airport", "station": "station", "platform": "station",
    "road": "road", "motorway": "road", "exit": "road", "bypass": "road", "kilometre": "road", "bridge": "road",
    "viaduct": "road", "underpass": "road", "park": "park", "garden": "park", "path": "park", "greenway": "park",
    "zoo": "park", "playground": "park", "towpath": "park", "harbour": "harbour", "quay": "harbour",
    "dock": "harbour", "pier": "harbour", "yard": "harbour", "depot": "harbour", "square": "square",
    "market": "square", "mall": "square", "place": "square", "plaza": "square", "piazza": "square",
    "town": "square", "stadium": "square", "outlet": "square", "campus": "campus", "university": "campus",
    "school": "campus", "library": "campus",
}


@dataclass(slots=True, frozen=True)
class Place:
    oid: int
    kind: str


def kind_of(name: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in name.lower()).split()
    return next((_KIND_BY_WORD[w] for w in words if w in _KIND_BY_WORD), "street")


def read_places(csv_path: Path) -> list[Place]:
    """Known places in the file's order, then the unknown ones. Raises ValueError with the line of a fault."""
    with csv_path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        if reader.fieldnames != ["geographical_location_oid", "geographical_location"]:
            raise ValueError(
                f"{csv_path}: the first line is {reader.fieldnames}; "
                "geographical_location_oid,geographical_location was expected"
            )
        known = [_place(row, csv_path, reader.line_num) for row in reader]
    if not known:
        raise ValueError(f"{csv_path}: there is no place in it; at least one line below the header was expected")
    return known + [Place(oid, "street") for oid in UNKNOWN_PLACE_OIDS]


def _place(row: dict[str, str], csv_path: Path, line: int) -> Place:
    try:
        return Place(int(row["geographical_location_oid"]), kind_of(row["geographical_location"]))
    except (TypeError, ValueError) as fault:
        raise ValueError(f"{csv_path}, line {line}: {row}; an integer and a name were expected") from fault
