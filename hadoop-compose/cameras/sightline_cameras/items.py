"""What cameras see: item names with their weights, and how a kind of place and the time of day shift them.

city.py turns these into one table per kind of place and part of the day. A weight is a share in arbitrary units; the
list falls off steeply on purpose, so that a ranking has a stable head and a long, restless tail.
"""

import csv
import io
from dataclasses import dataclass

import orjson

WEIGHTS: dict[str, float] = {
    "person": 38, "car": 22, "bicycle": 10, "delivery van": 6, "bus": 4.2, "e-scooter": 3.9, "truck": 3.0,
    "dog": 2.0, "motorcycle": 1.7, "pushchair": 1.1, "suitcase": 0.9, "taxi": 0.85, "tram": 0.7, "cargo bike": 0.6,
    "umbrella": 0.5, "shopping trolley": 0.45, "wheelchair": 0.4, "backpack": 0.38, "moped": 0.35, "trailer": 0.32,
    "ambulance": 0.28, "police car": 0.26, "refuse lorry": 0.24, "pigeon flock": 0.22, "skateboard": 0.2,
    "forklift": 0.18, "coach": 0.17, "parcel robot": 0.16, "tractor": 0.15, "roller skates": 0.14,
    "traffic cone": 0.13, "ladder": 0.12, "balloon": 0.11, "fire engine": 0.1, "cat": 0.1, "horse": 0.095,
    "tow truck": 0.09, "caravan": 0.085, "street sweeper": 0.08, "hand cart": 0.075, "kayak": 0.07,
    "crane lorry": 0.065, "ferry": 0.06, "golf buggy": 0.06, "mobility scooter": 0.055, "swan": 0.05,
    "unicycle": 0.045, "crêpe cart": 0.045, "rickshaw": 0.04, "segway": 0.04, "drone": 0.038, "hoverboard": 0.035,
    'sign "wet floor"': 0.034, "ice-cream van, chiming": 0.033, "sledge": 0.03, "fox": 0.03, "penny-farthing": 0.028,
    "hot-dog stand": 0.027, "canoe": 0.026, "Christmas tree": 0.025, "Straßenbahn": 0.025, "屋台": 0.025,
}

#: Factors on the weights, by kind of place (kinds are those of city.py).
BY_PLACE: dict[str, dict[str, float]] = {
    "station": {"person": 2.2, "car": 0.15, "suitcase": 9, "tram": 6, "taxi": 5, "bicycle": 0.8, "truck": 0.02,
                "delivery van": 0.2, "backpack": 4, "Straßenbahn": 6},
    "road": {"person": 0.06, "car": 3.2, "truck": 4.5, "delivery van": 2.6, "motorcycle": 2.5, "coach": 5, "dog": 0.05,
             "bicycle": 0.12, "pushchair": 0.01, "caravan": 5, "tow truck": 6, "e-scooter": 0.1, "trailer": 5},
    "park": {"person": 1.6, "dog": 12, "pushchair": 7, "bicycle": 2, "car": 0.05, "bus": 0.02, "truck": 0.03,
             "balloon": 8, "swan": 15, "fox": 8, "skateboard": 5, "kayak": 6, "roller skates": 6, "canoe": 6},
    "harbour": {"truck": 8, "forklift": 40, "ferry": 40, "trailer": 12, "person": 0.5, "car": 1.1, "bus": 0.4,
                "crane lorry": 20, "kayak": 8},
    "airport": {"person": 1.8, "suitcase": 30, "taxi": 14, "coach": 10, "bus": 2.5, "dog": 0.1, "bicycle": 0.05,
                "golf buggy": 30, "tram": 0.05},
    "square": {"person": 1.7, "pigeon flock": 12, "crêpe cart": 12, "hot-dog stand": 12, "car": 0.25, "truck": 0.3,
               "bicycle": 1.4, "e-scooter": 1.6, "shopping trolley": 3},
    "campus": {"person": 1.5, "bicycle": 3.5, "e-scooter": 2.8, "backpack": 8, "skateboard": 4, "car": 0.4,
               "truck": 0.2},
    "street": {},
}

AT_NIGHT: dict[str, float] = {
    "person": 0.7, "pushchair": 0.1, "bicycle": 0.6, "dog": 0.6, "taxi": 3, "fox": 12, "refuse lorry": 3, "truck": 1.5,
    "street sweeper": 5, "police car": 2, "balloon": 0.1, "shopping trolley": 0.2, "delivery van": 0.6,
}


@dataclass(slots=True, frozen=True)
class Item:
    name: str
    #: The JSON between the detection's id and its time.
    json_middle: bytes
    csv_field: str


def item_of(name: str) -> Item:
    middle = b',"item_name":' + orjson.dumps(name) + b',"timestamp_detected":'
    return Item(name, middle, _csv_field(name))


def weights_at(place_kind: str, night: bool) -> dict[str, float]:
    by_place = BY_PLACE[place_kind]
    by_time = AT_NIGHT if night else {}
    return {name: w * by_place.get(name, 1) * by_time.get(name, 1) for name, w in WEIGHTS.items()}


def _csv_field(text: str) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([text])
    return line.getvalue()
