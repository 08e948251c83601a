"""The smaller parts of the producer: where home is, how fast to go, which copy is next, what the truth file keeps."""

import contextlib
import io
import json
import os
import random
import signal
import tempfile
import unittest
from pathlib import Path

from sightline_cameras.copies import WaitingCopies
from sightline_cameras.home import home_of, murmur2
from sightline_cameras.items import item_of
from sightline_cameras.kafka_log import KafkaLog
from sightline_cameras.options import parse_options
from sightline_cameras.output import MayGoAway
from sightline_cameras.pace import Pace, rhythm_at
from sightline_cameras.places import kind_of, read_places
from sightline_cameras.record import Record
from sightline_cameras.signals import Orders
from sightline_cameras.tally import Tally
from sightline_cameras.target import announce_target
from sightline_cameras.traffic import Planned
from sightline_cameras.truth import HEADER, Truth

DAY_SECONDS = 86_400


def record(oid: int = 1, item: str = "bicycle", kind: str = "new") -> Record:
    return Record(b"{}", oid, 17, 3021, item_of(item).csv_field, item, 1_795_447_426_574, kind)


class Target(unittest.TestCase):
    def test_prometheus_finds_the_cameras_where_npm_start_says(self):
        with tempfile.TemporaryDirectory() as folder:
            named = {"METRICS_TARGETS": f"{folder}/targets", "METRICS_NAME": "cameras"}
            file = announce_target(41_000, named)
            self.assertEqual(file, Path(folder, "targets", "cameras.json"))
            [target] = json.loads(file.read_text(encoding="utf-8"))
            self.assertEqual(target["targets"], ["127.0.0.1:41000"])
            self.assertEqual((target["labels"]["job"], target["labels"]["instance"]), ("cameras", "cameras"))
            self.assertEqual(os.listdir(file.parent), ["cameras.json"])

    def test_without_a_folder_nothing_is_written(self):
        self.assertIsNone(announce_target(41_000, {}))


class TheLog(unittest.TestCase):
    def test_a_client_that_forgot_its_brokers_is_replaced_and_its_records_are_sent_again(self):
        log = KafkaLog("127.0.0.1:1", "nobody-listens", 4, "none", Tally(), None)
        for oid in range(3):
            log.send(record(oid))
        first = log._main._producer
        with contextlib.redirect_stderr(io.StringIO()) as said:
            first._stats_cb('{"brokers": {}}')
            log.poll()
            self.assertIs(log._main._producer, first)
            first._stats_cb('{"brokers": {}}')
            log.poll()
        self.assertIn("another one was opened", said.getvalue())
        self.assertIsNot(log._main._producer, first)
        self.assertEqual((len(first), len(log._main._producer)), (0, 3))

    def test_a_broker_that_is_away_stays_known(self):
        log = KafkaLog("127.0.0.1:1", "nobody-listens", 4, "none", Tally(), None)
        first = log._main._producer
        for source in ("configured", "learned", "configured"):
            first._stats_cb(json.dumps({"brokers": {"1": {"source": source, "state": "DOWN"}}}))
            log.poll()
        self.assertIs(log._main._producer, first)


class Home(unittest.TestCase):
    def test_the_hash_is_the_one_of_kafkas_java_producer(self):
        for text, hashed in (("21", -973932308), ("foobar", -790332482), ("abc", 479470107),
                             ("a-little-bit-long-string", -985981536)):  # fmt: skip
            self.assertEqual(murmur2(text.encode()), hashed & 0xFFFFFFFF)

    def test_is_one_of_the_partitions(self):
        self.assertEqual({home_of(b"%d" % oid, 12) for oid in range(1_000)}, set(range(12)))


class ThePace(unittest.TestCase):
    def test_the_rhythm_averages_to_one_over_a_day(self):
        self.assertAlmostEqual(sum(rhythm_at(s) for s in range(0, DAY_SECONDS, 60)) / 1_440, 1, places=9)

    def test_the_rate_stays_within_fifteen_per_cent(self):
        pace = Pace(10_000, True, random.Random(1))
        for second in range(0, 3 * DAY_SECONDS, 7):
            self.assertTrue(8_500 < pace.rate_at(second) < 11_500)

    def test_slices_add_up_to_the_rate(self):
        pace = Pace(333, False, random.Random(1))
        self.assertAlmostEqual(sum(pace.take(0, 0.02) for _ in range(500)), 3_330, delta=1)

    def test_a_long_pause_does_not_end_in_a_burst(self):
        self.assertLessEqual(Pace(1_000, False, random.Random(1)).take(0, 3_600), 250)

    def test_the_rate_rises_evenly_and_then_stays(self):
        pace = Pace(1_000, False, random.Random(1), rise_seconds=10)
        taken = [sum(pace.take(second + slice_ / 50, 0.02) for slice_ in range(50)) for second in range(20)]
        self.assertTrue(all(before < after for before, after in zip(taken[:9], taken[1:10])), taken)
        self.assertAlmostEqual(sum(taken[:10]), 5_000, delta=60)
        self.assertAlmostEqual(sum(taken[10:]), 10_000, delta=2)

    def test_a_rate_of_zero_sends_nothing(self):
        self.assertEqual(Pace(0, True, random.Random(1)).take(0, 1_000), 0)


class Copies(unittest.TestCase):
    def test_come_when_they_are_due_the_soonest_first(self):
        waiting = WaitingCopies(limit=10)
        for oid, due_ms in ((1, 300), (2, 100), (3, 200)):
            waiting.add(Planned(due_ms, record(oid)))
        self.assertIsNone(waiting.take(99))
        self.assertEqual([waiting.take(200).oid, waiting.take(200).oid, waiting.take(200)], [2, 3, None])
        self.assertEqual(len(waiting), 1)

    def test_past_the_limit_the_soonest_go_early_and_none_is_forgotten(self):
        waiting = WaitingCopies(limit=2)
        for oid in (1, 2, 3):
            waiting.add(Planned(1_000 + oid, record(oid)))
        self.assertEqual(waiting.take(0).oid, 1)
        self.assertIsNone(waiting.take(0))
        self.assertEqual(len(waiting), 2)


class TheTruth(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "new" / "truth.csv"

    def write(self, *kept: Record) -> None:
        truth = Truth(self.path)
        for at, each in enumerate(kept):
            truth.add(each, 3, at)
        truth.close()

    def test_has_a_line_for_each_acknowledged_record(self):
        self.write(record(7), record(8, 'sign "wet floor"'), record(9, kind="poison:tombstone"))
        self.assertEqual(
            self.path.read_text(encoding="utf-8"),
            HEADER
            + "7,17,3021,bicycle,1795447426574,new,murmur2,3,0\n"
            + '8,17,3021,"sign ""wet floor""",1795447426574,new,murmur2,3,1\n'
            + ",,,,,poison:tombstone,murmur2,3,2\n",
        )

    def test_a_second_run_adds_to_it(self):
        self.write(record(7))
        self.write(record(8))
        lines = self.path.read_text().splitlines()
        self.assertEqual([line[:2] for line in lines], ["de", "7,", "8,"])

    def test_a_line_torn_by_a_killed_run_is_cut_off(self):
        self.write(record(7))
        whole = self.path.read_text()
        self.path.write_text(whole + "8,17,30")
        self.write()
        self.assertEqual(self.path.read_text(), whole)


class ThePlaces(unittest.TestCase):
    def test_a_name_tells_the_kind_of_place(self):
        self.assertEqual(
            [kind_of(n) for n in ("Central Station, Hall B", "Ring Road, Exit 12", "Łódź Street Viaduct", "Nowhere")],
            ["station", "road", "road", "street"],
        )

    def test_a_bad_line_is_named(self):
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.write("geographical_location_oid,geographical_location\n1,One\nx,Two\n")
            file.flush()
            with self.assertRaisesRegex(ValueError, "line 3"):
                read_places(Path(file.name))


class TheOptions(unittest.TestCase):
    def test_a_share_beyond_one_is_a_usage_error(self):
        for wrong in (["--copies", "2"], ["--rate", "-1"], ["--rate", "nan"], ["--count", "0"]):
            with self.subTest(wrong), contextlib.redirect_stderr(io.StringIO()):
                with self.assertRaises(SystemExit) as ended:
                    parse_options(wrong)
                self.assertEqual(ended.exception.code, 2)

    def test_the_defaults_copy_a_tenth(self):
        self.assertEqual(parse_options([]).shares.copies, 0.1)

    def test_the_mark_of_whose_part_they_are_is_taken_and_changes_nothing(self):
        self.assertEqual(parse_options(["--part-of=17/cameras@/stack"]).shares, parse_options([]).shares)


class TheOrders(unittest.TestCase):
    def setUp(self):
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
        for number in numbers:
            self.addCleanup(signal.signal, number, signal.getsignal(number))

    def test_a_closed_terminal_stops_like_ctrl_c_and_at_once_means_once(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(number):
                orders = Orders(stop_with_parent=False)
                orders.listen()
                os.kill(os.getpid(), number)
                os.kill(os.getpid(), number)
                self.assertTrue(orders.stopped)
                self.assertFalse(orders.hurried)


class TheTerminal(unittest.TestCase):
    def test_what_nobody_reads_is_lost_and_nothing_else(self):
        reader, writer = os.pipe()
        os.close(reader)
        stream = MayGoAway(os.fdopen(writer, "w"))
        for _ in range(3):
            print("to nobody", file=stream, flush=True)
        with contextlib.suppress(OSError):
            stream.close()


if __name__ == "__main__":
    unittest.main()
