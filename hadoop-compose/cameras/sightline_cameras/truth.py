"""The truth file: what Kafka acknowledged, one line of CSV for each record, in the order of the acknowledgements.

    detection_oid,geographical_location_oid,video_camera_oid,item_name,timestamp_detected,kind,via,partition,offset
    912345678901234567,17,3021,bicycle,1795447426574,new,murmur2,4,81734

kind:  new | new:late | new:deferred | copy | copy:other_bytes | copy:conflict | poison:<reason of the dead letter>
via:   murmur2 | crc32 | keyless, which is how the record came to its partition

A poison line leaves the five values empty. A conflicting copy's line holds the values that this copy had. Written
every second and at the end; a run adds to what is there. After `kill -9` up to a second of lines is missing.
"""

import os
from pathlib import Path

from .record import Record

HEADER = (
    "detection_oid,geographical_location_oid,video_camera_oid,item_name,timestamp_detected,kind,via,partition,offset\n"
)


class Truth:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lines: list[str] = []
        self._file = path.open("a+b")
        _drop_torn_line(self._file)
        if self._file.tell() == 0:
            self._lines.append(HEADER)

    def add(self, record: Record, partition: int, offset: int) -> None:
        if record.kind.startswith("poison"):
            values = ",,,,"
        else:
            values = (
                f"{record.oid},{record.place_oid},{record.camera_oid},{record.item_csv},{record.detected_ms}"
            )
        self._lines.append(f"{values},{record.kind},{record.via},{partition},{offset}\n")

    def flush(self) -> None:
        lines, self._lines = self._lines, []
        self._file.write("".join(lines).encode())
        self._file.flush()

    def close(self) -> None:
        self.flush()
        os.fsync(self._file.fileno())
        self._file.close()


def _drop_torn_line(file) -> None:
    """Cuts off what a killed run left without its line end, and stands at the end of the file."""
    end = file.seek(0, os.SEEK_END)
    at = end
    while at > 0:
        file.seek(at - 1)
        if file.read(1) == b"\n":
            break
        at -= 1
    if at != end:
        file.truncate(at)
    file.seek(0, os.SEEK_END)
