"""Laws of the simulated traffic: the same seed makes the same, ids never repeat, and every value keeps the contract."""

import json
import random
import unittest
from pathlib import Path

from sightline_cameras.city import City
from sightline_cameras.ids import EPOCH_MS, DetectionIds
from sightline_cameras.places import UNKNOWN_PLACE_OIDS, read_places
from sightline_cameras.record import CRC32, KEYLESS, MURMUR2
from sightline_cameras.traffic import Shares, Traffic
from sightline_cameras.wording import _WORDINGS

PLACES = Path(__file__).resolve().parents[4] / "hadoop-compose" / "cameras" / "places.csv"
CITY = City(read_places(PLACES), 1_000)
NOW_MS = 1_795_447_426_574
DAY_MS = 86_400_000
ALL_SHARES = Shares(copies=0.3, late=0.05, deferred=0.05, conflicts=0.05, poison=0.05)


def records(seed: int, count: int = 2_000, shares: Shares = ALL_SHARES, node: int = 7) -> list:
    traffic = Traffic(CITY, DetectionIds(node), random.Random(seed), shares, 12)
    made = []
    for at in range(count):
        now_ms = NOW_MS + at // 10
        record = traffic.detection(now_ms)
        made.append(record)
        made.extend(planned.record for planned in traffic.copies_of(record, now_ms))
        made.extend(filter(None, [traffic.poison(now_ms)]))
    return made


def five_values(record) -> dict:
    return {
        "geographical_location_oid": record.place_oid,
        "video_camera_oid": record.camera_oid,
        "detection_oid": record.oid,
        "item_name": record.item_name,
        "timestamp_detected": record.detected_ms,
    }


def real(made: list) -> list:
    return [record for record in made if not record.kind.startswith("poison")]


class TheTraffic(unittest.TestCase):
    def test_the_same_seed_makes_the_same_traffic(self):
        self.assertEqual(records(seed=1), records(seed=1))

    def test_another_seed_makes_other_traffic(self):
        self.assertNotEqual([r.camera_oid for r in records(seed=1)], [r.camera_oid for r in records(seed=2)])

    def test_a_new_detection_is_the_five_fields_and_its_ids_are_integers(self):
        for record in (r for r in records(seed=3) if r.kind.startswith("new")):
            value = json.loads(record.value)
            self.assertEqual(value, five_values(record))
            self.assertEqual(list(value), list(five_values(record)))
            self.assertEqual(record.key, str(record.oid).encode())

    def test_a_copy_says_the_same_in_whatever_bytes(self):
        for record in (r for r in real(records(seed=4)) if r.kind.startswith("copy")):
            value = json.loads(record.value)
            found = {k: int(value[k]) if k.endswith("_oid") else value[k] for k in five_values(record)}
            self.assertEqual(found, five_values(record), record.kind)

    def test_every_wording_keeps_the_five_values(self):
        record = next(r for r in records(seed=5, count=20_000) if '"' in r.item_name)
        for wording in _WORDINGS:
            value = json.loads(wording(record))
            found = {k: int(value[k]) if k.endswith("_oid") else value[k] for k in five_values(record)}
            self.assertEqual(found, five_values(record), wording.__name__)

    def test_copies_repeat_a_detection_and_conflicts_change_it(self):
        made = real(records(seed=6))
        originals = {r.oid: r for r in made if r.kind.startswith("new")}
        for record in made:
            same = record.item_name == originals[record.oid].item_name
            self.assertEqual(same, record.kind != "copy:conflict")
        self.assertEqual(len(originals), 2_000)

    def test_copies_take_all_three_ways_and_new_detections_only_one(self):
        made = real(records(seed=7))
        self.assertEqual({r.via for r in made if r.kind == "copy"}, {MURMUR2, CRC32, KEYLESS})
        self.assertEqual({r.via for r in made if r.kind.startswith("new")}, {MURMUR2})
        self.assertTrue(all(r.key is None for r in made if r.via == KEYLESS))

    def test_shares_are_what_was_asked_for(self):
        made = real(records(seed=8, count=20_000))
        new = [r for r in made if r.kind.startswith("new")]
        copied = {r.oid for r in made if r.kind in ("copy", "copy:other_bytes")}
        self.assertAlmostEqual(len(copied) / len(new), 0.3, delta=0.02)
        self.assertAlmostEqual(sum(r.kind == "new:late" for r in new) / len(new), 0.05, delta=0.01)
        self.assertAlmostEqual(sum(r.kind == "new:deferred" for r in new) / len(new), 0.05, delta=0.01)

    def test_ages_keep_to_their_kind(self):
        bounds = {"new": (-2_000, 60_000), "new:late": (100_000, DAY_MS), "new:deferred": (2 * DAY_MS + 60_000, 7 * DAY_MS)}
        for record in (r for r in records(seed=9) if r.kind in bounds):
            least, greatest = bounds[record.kind]
            self.assertTrue(least < NOW_MS - record.detected_ms < greatest, record)


class TheIds(unittest.TestCase):
    def test_rise_and_stay_beyond_2_to_the_53_within_63_bits(self):
        ids = DetectionIds(3)
        given = [ids.next(NOW_MS + at // 1_000) for at in range(5_000)]
        self.assertEqual(given, sorted(set(given)))
        self.assertTrue(all(2**53 < oid < 2**63 for oid in given))

    def test_never_follow_a_clock_that_steps_back(self):
        ids = DetectionIds(3)
        self.assertLess(ids.next(NOW_MS), ids.next(NOW_MS - 60_000))

    def test_two_nodes_at_the_same_moment_share_none(self):
        one, other = DetectionIds(3), DetectionIds(4)
        self.assertFalse({one.next(NOW_MS) for _ in range(9_999)} & {other.next(NOW_MS) for _ in range(9_999)})

    def test_a_later_run_on_the_same_node_shares_none(self):
        first, second = DetectionIds(3), DetectionIds(3)
        given = {first.next(NOW_MS + at // 20) for at in range(20_000)}
        self.assertFalse(given & {second.next(NOW_MS + 1_000 + at // 20) for at in range(20_000)})
        self.assertLess(EPOCH_MS, NOW_MS)


class TheCity(unittest.TestCase):
    def test_every_place_has_a_camera_and_some_places_are_unknown(self):
        known = {place.oid for place in read_places(PLACES)} - set(UNKNOWN_PLACE_OIDS)
        self.assertEqual(len(known), 400)
        self.assertEqual({camera.place_oid for camera in CITY.cameras}, known | set(UNKNOWN_PLACE_OIDS))

    def test_is_the_same_in_every_run(self):
        again = City(read_places(PLACES), 1_000)
        self.assertEqual([c.json_head for c in again.camera_table], [c.json_head for c in CITY.camera_table])

    def test_a_few_places_are_far_busier_than_the_rest(self):
        seen: dict[int, int] = {}
        for camera in CITY.camera_table:
            seen[camera.place_oid] = seen.get(camera.place_oid, 0) + 1
        busiest = sorted(seen.values(), reverse=True)
        self.assertGreater(busiest[0], 10 * busiest[-1])
        self.assertLess(busiest[0] / len(CITY.camera_table), 0.1)


if __name__ == "__main__":
    unittest.main()
