"""A record on its way to the log, with what the truth file will say about it.

traffic.py, wording.py and poison.py make records, kafka_log.py sends them. The value is bytes from the start: at
10,000 a second, building it from prepared pieces costs a tenth of what a JSON encoder would.
"""

from dataclasses import dataclass

#: How a record reaches its partition: the main producer (the key's murmur2), another producer with librdkafka's
#: default (CRC32 of the key), or that one without a key (any partition).
MURMUR2, CRC32, KEYLESS = "murmur2", "crc32", "keyless"


@dataclass(slots=True)
class Record:
    value: bytes | None
    oid: int
    place_oid: int
    camera_oid: int
    #: The item as a field of a CSV line, quoted where needed.
    item_csv: str
    item_name: str
    detected_ms: int
    kind: str = "new"
    via: str = MURMUR2
    partition: int | None = None
    headers: dict[str, bytes] | None = None

    @property
    def key(self) -> bytes | None:
        return None if self.via == KEYLESS else b"%d" % self.oid
