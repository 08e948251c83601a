"""A process of its own that draws what the cameras saw and hands it over: pictures, and now and then a film.

footage_feed.py starts it (`python -m sightline_cameras.footage FOLDER`) and gives it one line of JSON for each detection
that Kafka has acknowledged. Each file is written aside and renamed into ``FOLDER/handover/<video_camera_oid>/``, where
the agent takes it. It ends when its input ends, so that it never outlives the cameras. A disk that is full, a folder
that is gone, and files that nobody takes are said once; what cannot be handed over is counted.

    <timestamp_detected>-<detection_oid>.jpg, .png     <begin in milliseconds since 1970>.mp4
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from . import quiet  # noqa: F401 (before the libraries)
from .sight import Sight

_PNG_EVERY = 15
_FILM_EVERY = 200
_FIRST_FILM = 20
#: How long before its detection a film begins.
_FILM_LEAD_MS = 1_500
#: More files than these in the hand-over: nobody takes them, and a camera drops what it cannot keep.
GREATEST_WAITING = 5_000
_LOOK_EVERY_SECONDS = 2.0
_REPORT_EVERY_SECONDS = 1.0
_ABANDONED_AFTER_SECONDS = 60.0
_NICENESS = 10


class Artist(Protocol):
    """artist.py; tests have one that draws nothing."""

    def write_picture(self, sight: Sight, kind: str, file: Path) -> None: ...

    def write_film(self, sight: Sight, begins_ms: int, file: Path) -> None: ...


@dataclass(slots=True)
class Handed:
    """Counts since the start of the process."""

    pictures: int = 0
    films: int = 0
    lost: int = 0
    bytes: int = 0


class Handover:
    """Raises OSError where the folders cannot be made at the start; afterwards no fault of the disk ends it."""

    def __init__(self, folder: Path, artist: Artist, greatest_waiting: int = GREATEST_WAITING) -> None:
        self._artist = artist
        self._handover = folder / "handover"
        # A name that begins with a dot is no camera's folder to the agent.
        self._aside = self._handover / ".writing"
        self._greatest_waiting = greatest_waiting
        self._asked = 0
        self._before: Sight | None = None
        self._looked = float("-inf")
        self._full = False
        self._fault: str | None = None
        self.handed = Handed()
        self._aside.mkdir(parents=True, exist_ok=True)
        for file in self._aside.iterdir():
            if file.stat().st_mtime < time.time() - _ABANDONED_AFTER_SECONDS:
                file.unlink(missing_ok=True)

    def show(self, sight: Sight) -> None:
        """One file: a picture of this detection, or a film of the one before."""
        self._asked += 1
        handed = self.handed
        try:
            if self._is_full():
                raise OSError(f"{self._greatest_waiting} files wait in {self._handover} and nobody takes them")
            if self._asked % _FILM_EVERY == _FIRST_FILM and self._before is not None:
                seen = self._before
                begins_ms = seen.detected_ms - _FILM_LEAD_MS
                self._keep(seen.camera_oid, f"{begins_ms}.mp4", partial(self._artist.write_film, seen, begins_ms))
                handed.films += 1
            else:
                kind = "png" if self._asked % _PNG_EVERY == 0 else "jpg"
                name = f"{sight.detected_ms}-{sight.oid}.{kind}"
                self._keep(sight.camera_oid, name, partial(self._artist.write_picture, sight, kind))
                handed.pictures += 1
                self._before = sight
        except OSError as fault:
            handed.lost += 1
            self._say(str(fault))
        else:
            self._say(None)

    def _keep(self, camera_oid: int, name: str, write: Callable[[Path], None]) -> None:
        aside = self._aside / f"{os.getpid()}-{name}"
        try:
            write(aside)
            written_bytes = aside.stat().st_size
            # Its parent is never made again: a disk that was taken away is not replaced by a folder of the same name.
            folder = self._handover / str(camera_oid)
            folder.mkdir(exist_ok=True)
            aside.rename(folder / name)
        except OSError:
            _remove(aside)
            raise
        self.handed.bytes += written_bytes

    def _is_full(self) -> bool:
        now = time.monotonic()
        if now - self._looked >= _LOOK_EVERY_SECONDS:
            self._looked = now
            self._full = _files_below(self._handover) >= self._greatest_waiting
        return self._full

    def _say(self, fault: str | None) -> None:
        """Says a fault when it begins and its end when it has ended."""
        if (fault is None) != (self._fault is None):
            text = f"footage cannot be handed over: {fault}" if fault else f"footage goes on; {self.handed.lost} files were lost"
            print(f"cameras: {text}", file=sys.stderr)
        self._fault = fault


def _files_below(handover: Path) -> int:
    with os.scandir(handover) as folders:
        return sum(len(os.listdir(entry.path)) for entry in folders if entry.is_dir() and not entry.name.startswith("."))


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError:
        pass


def run(folder: Path, artist: Artist, lines: Iterable[str]) -> int:
    """Until the lines end. Prints what was handed over as a line of JSON, once a second."""
    try:
        handover = Handover(folder, artist)
    except OSError as fault:
        print(f"cameras: footage cannot be handed over to {folder}: {fault}", file=sys.stderr)
        return 1
    reported = time.monotonic()
    for line in lines:
        handover.show(Sight(**json.loads(line)))
        if time.monotonic() - reported >= _REPORT_EVERY_SECONDS:
            reported = time.monotonic()
            print(json.dumps(asdict(handover.handed)), flush=True)
    print(json.dumps(asdict(handover.handed)), flush=True)
    return 0


if __name__ == "__main__":
    os.nice(_NICENESS)
    # The cameras are told to stop; this process ends with its input.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    from . import artist

    sys.exit(run(Path(sys.argv[1]), artist, sys.stdin))
