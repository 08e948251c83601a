"""Which detections are shown, and the pipe to the process that draws them (footage.py).

kafka_log.py offers each new detection once Kafka has acknowledged it, so that every picture shows one that was really
published. A few of them, evenly over time, become one line of JSON each. Nothing here waits: if the pipe is full or
the other process is gone, the detection stays without a picture and is counted.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

from .record import Record
from .tally import Tally

#: What was not offered in time is made up for, but not for longer than this.
_GREATEST_BACKLOG_SECONDS = 1.0
_START_AGAIN_SECONDS = 10.0
_END_SECONDS = 2.0
_LONGEST_ITEM = 200
_PROGRAM = (sys.executable, "-m", "sightline_cameras.footage")


class FootageFeed:
    def __init__(
        self, folder: Path, per_second: float, kinds: Mapping[int, str], tally: Tally, command: Sequence[str] = _PROGRAM
    ) -> None:
        """`kinds`: the kind of each place by its id. `command` runs the other process; the folder is its argument."""
        self._command = [*command, str(folder)]
        self._interval = 1.0 / per_second
        self._kinds = kinds
        self._tally = tally
        self._due = time.monotonic()
        self._next_start = self._due
        self._child: subprocess.Popen | None = None
        #: Of processes that have ended; `_now` is what the running one has said.
        self._before = {"files": 0, "lost": 0}
        self._now = {"files": 0, "lost": 0}
        self._unread = b""
        self._dropped = 0

    def offer(self, record: Record, now: float) -> None:
        """`now`: time.monotonic()."""
        if now < self._due:
            return
        self._due = max(self._due + self._interval, now - _GREATEST_BACKLOG_SECONDS)
        line = orjson.dumps(
            {
                "camera_oid": record.camera_oid,
                "oid": record.oid,
                "item": record.item_name[:_LONGEST_ITEM],
                "detected_ms": record.detected_ms,
                "place_kind": self._kinds.get(record.place_oid, "street"),
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )
        if not self._written(line):
            self._dropped += 1

    def every_second(self) -> None:
        """Takes over what the other process has counted, and starts it where it is not running."""
        child = self._child
        if child is not None:
            self._read(child)
            if child.poll() is not None:
                print(f"cameras: the process that draws footage ended with {child.returncode}", file=sys.stderr)
                self._forget(child)
        if self._child is None and time.monotonic() >= self._next_start:
            self._start()
        self._tally.footage = self._before["files"] + self._now["files"]
        self._tally.footage_lost = self._before["lost"] + self._now["lost"] + self._dropped

    def close(self) -> None:
        child = self._child
        if child is None or child.stdin is None:
            return
        child.stdin.close()
        try:
            child.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        self._read(child)
        self._forget(child)
        self._tally.footage = self._before["files"]
        self._tally.footage_lost = self._before["lost"] + self._dropped

    def _start(self) -> None:
        self._next_start = time.monotonic() + _START_AGAIN_SECONDS
        child = subprocess.Popen(self._command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for stream in (child.stdin, child.stdout):
            os.set_blocking(stream.fileno(), False)
        self._child = child

    def _written(self, line: bytes) -> bool:
        """A line is shorter than what a pipe takes at once: it is written whole or not at all."""
        try:
            return self._child is not None and os.write(self._child.stdin.fileno(), line) == len(line)
        except OSError:
            return False

    def _read(self, child: subprocess.Popen) -> None:
        try:
            while chunk := os.read(child.stdout.fileno(), 65_536):
                self._unread += chunk
        except BlockingIOError:
            pass
        *lines, self._unread = self._unread.split(b"\n")
        if lines:
            said = json.loads(lines[-1])
            self._now = {"files": said["pictures"] + said["films"], "lost": said["lost"]}

    def _forget(self, child: subprocess.Popen) -> None:
        child.stdin.close()
        child.stdout.close()
        self._before = {name: count + self._now[name] for name, count in self._before.items()}
        self._now = {"files": 0, "lost": 0}
        self._unread = b""
        self._child = None
