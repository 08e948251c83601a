"""Footage of the simulated cameras: which detections are shown, how files come into the hand-over, and what a fault does.

Nothing is drawn here; test/contract/footage.test.ts has the pictures and films.
"""

import contextlib
import io
import json
import os
import shutil
import sys
import tempfile
import time
import unittest
from pathlib import Path

from sightline_cameras import footage
from sightline_cameras.footage import Handover
from sightline_cameras.footage_feed import FootageFeed
from sightline_cameras.record import Record
from sightline_cameras.sight import Sight
from sightline_cameras.tally import Tally

FIRST_MS = 1_795_447_426_574


class PlainArtist:
    @staticmethod
    def write_picture(sight: Sight, kind: str, file: Path) -> None:
        file.write_text(f"{kind} of {sight.oid}", encoding="utf-8")

    @staticmethod
    def write_film(sight: Sight, begins_ms: int, file: Path) -> None:
        file.write_text(f"film of {sight.oid}", encoding="utf-8")


def sight(number: int) -> Sight:
    return Sight(3_021, number, "bicycle", FIRST_MS + number, "street")


def record(number: int) -> Record:
    return Record(b"{}", number, 17, 3_021, "bicycle", "bicycle", FIRST_MS + number)


class TheHandover(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()), "footage")
        self.said = self.enterContext(contextlib.redirect_stderr(io.StringIO()))

    def names(self) -> list[str]:
        return sorted(file.name for file in Path(self.folder, "handover", "3021").iterdir())

    def test_a_file_tells_time_and_detection_in_its_name(self):
        handover = Handover(self.folder, PlainArtist)
        for number in range(1, 201):
            handover.show(sight(number))
        names = self.names()
        self.assertEqual(len(names), 200)
        self.assertIn(f"{FIRST_MS + 1}-1.jpg", names)
        self.assertIn(f"{FIRST_MS + 15}-15.png", names)
        self.assertEqual([name for name in names if name.endswith("mp4")], [f"{FIRST_MS + 19 - 1_500}.mp4"])
        self.assertEqual((handover.handed.pictures, handover.handed.films, handover.handed.lost), (199, 1, 0))
        self.assertEqual(list(Path(self.folder, "handover", ".writing").iterdir()), [])

    def test_a_folder_that_is_gone_is_said_once_and_never_made_again(self):
        handover = Handover(self.folder, PlainArtist)
        shutil.rmtree(self.folder)
        for number in range(1, 4):
            handover.show(sight(number))
        self.assertEqual(handover.handed.lost, 3)
        self.assertFalse(self.folder.exists())
        self.assertEqual(self.said.getvalue().count("cannot be handed over"), 1)
        Path(self.folder, "handover", ".writing").mkdir(parents=True)
        handover._looked = float("-inf")
        handover.show(sight(4))
        self.assertEqual(self.names(), [f"{FIRST_MS + 4}-4.jpg"])
        self.assertIn("footage goes on; 3 files were lost", self.said.getvalue())

    def test_a_fault_of_the_disk_leaves_no_half_file(self):
        class FullDisk(PlainArtist):
            @staticmethod
            def write_picture(sight: Sight, kind: str, file: Path) -> None:
                file.write_text("half", encoding="utf-8")
                raise OSError(28, "No space left on device")

        handover = Handover(self.folder, FullDisk)
        handover.show(sight(1))
        self.assertEqual([file.name for file in Path(self.folder, "handover").iterdir()], [".writing"])
        self.assertEqual(list(Path(self.folder, "handover", ".writing").iterdir()), [])
        self.assertIn("No space left on device", self.said.getvalue())

    def test_files_that_nobody_takes_do_not_fill_the_disk(self):
        handover = Handover(self.folder, PlainArtist, greatest_waiting=2)
        for number in range(1, 6):
            handover._looked = float("-inf")
            handover.show(sight(number))
        self.assertEqual(len(self.names()), 2)
        self.assertEqual(handover.handed.lost, 3)
        self.assertEqual(self.said.getvalue().count("nobody takes them"), 1)

    def test_what_a_killed_process_was_writing_is_removed(self):
        aside = Path(self.folder, "handover", ".writing", "1-1.jpg")
        aside.parent.mkdir(parents=True)
        aside.touch()
        Handover(self.folder, PlainArtist)
        self.assertTrue(aside.exists())
        old = time.time() - footage._ABANDONED_AFTER_SECONDS - 1
        os.utime(aside, (old, old))
        Handover(self.folder, PlainArtist)
        self.assertFalse(aside.exists())


class TheFeed(unittest.TestCase):
    #: Writes down the lines that it gets and says that it handed over each.
    COUNTER = """
import json, sys
with open(sys.argv[1], "w") as kept:
    count = 0
    for line in sys.stdin:
        kept.write(line)
        count += 1
    print(json.dumps({"pictures": count, "films": 0, "lost": 0, "bytes": 0}), flush=True)
"""

    def setUp(self):
        self.kept = Path(self.enterContext(tempfile.TemporaryDirectory()), "lines")
        self.tally = Tally()

    def feed(self, code: str, per_second: float = 20.0) -> FootageFeed:
        feed = FootageFeed(self.kept, per_second, {17: "park"}, self.tally, (sys.executable, "-c", code))
        feed.every_second()
        return feed

    def test_shows_so_many_a_second_however_many_there_are(self):
        feed = self.feed(self.COUNTER)
        began = time.monotonic()
        for number in range(10_000):
            feed.offer(record(number), began + number / 5_000)
        feed.close()
        lines = [json.loads(line) for line in self.kept.read_text(encoding="utf-8").splitlines()]
        self.assertAlmostEqual(len(lines), 40, delta=2)
        self.assertEqual(lines[0]["place_kind"], "park")
        self.assertEqual((self.tally.footage, self.tally.footage_lost), (len(lines), 0))

    def test_after_a_pause_it_makes_up_for_a_second_at_most(self):
        feed = self.feed(self.COUNTER)
        later = time.monotonic() + 100
        for number in range(1_000):
            feed.offer(record(number), later)
        feed.close()
        # The first, and those of a second with both of its ends: rounding decides whether the last one is in it.
        self.assertLessEqual(self.tally.footage, 22)

    def test_never_waits_for_a_process_that_does_not_read(self):
        feed = self.feed("import time; time.sleep(60)", per_second=1e6)
        began = time.monotonic()
        for number in range(5_000):
            feed.offer(record(number), time.monotonic() + number)
        self.assertLess(time.monotonic() - began, 2)
        feed.every_second()
        self.assertGreater(self.tally.footage_lost, 1_000)
        feed.close()
        self.assertLess(time.monotonic() - began, 5)

    def test_a_process_that_ends_is_said_and_what_was_lost_is_counted(self):
        feed = self.feed("import sys; sys.exit(3)")
        feed._child.wait()
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            feed.every_second()
        self.assertIn("ended with 3", said.getvalue())
        feed.offer(record(1), time.monotonic() + 1)
        feed.every_second()
        self.assertEqual(self.tally.footage_lost, 1)
        feed.close()


if __name__ == "__main__":
    unittest.main()
