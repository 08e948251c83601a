"""The way into Kafka: two Quix Streams producers, and what was acknowledged of what they sent.

run.py sends; the delivery reports of Kafka fill the tally and the truth file, and tell footage_feed.py what it may
show. The main producer places a record by its key's murmur2, where its home is; the other one keeps librdkafka's
default, like a gateway that somebody else wrote. Both are idempotent and wait for ever: while Kafka is away nothing is
lost and nothing is sent twice by the library; run.py bounds what may be outstanding. A client that forgets its brokers
is replaced (lasting_producer.py). A refusal for good is counted, reported and kept out of the truth.
"""

import logging
import sys
import time
from collections.abc import Callable
from functools import partial

from confluent_kafka import KafkaError, Message
from quixstreams import Application
from quixstreams.kafka import Producer

from .access import kafka_properties
from .footage_feed import FootageFeed
from .home import home_of
from .lasting_producer import STATISTICS_INTERVAL_MS, LastingProducer, TakeStatistics, is_given_up
from .record import CRC32, KEYLESS, MURMUR2, Record
from .tally import Tally
from .truth import Truth

#: Far below the producers' own queue (200,000), so that sending never blocks.
GREATEST_OUTSTANDING = 60_000
_LINGER_MS = 50
_SHOWN_REFUSALS = 5
_LIBRARY_LOG_PAUSE_SECONDS = 10.0


class KafkaLog:
    def __init__(
        self, brokers: str, topic: str, partition_count: int, compression: str, tally: Tally, truth: Truth | None,
        footage: FootageFeed | None = None,
    ) -> None:  # fmt: skip
        self._topic = topic
        self._partition_count = partition_count
        self._tally = tally
        self._truth = truth
        self._footage = footage
        self._main = LastingProducer(partial(_producer, brokers, compression, "murmur2"))
        self._other = LastingProducer(partial(_producer, brokers, compression, "consistent_random"))
        self._by_way = {MURMUR2: self._main, CRC32: self._other, KEYLESS: self._other}
        self._given_up: list[Record] = []
        self.last_acknowledged = time.monotonic()
        #: Set when a producer can never send again and the process must be started anew.
        self.fatal: str | None = None

    def send(self, record: Record) -> None:
        """Hands a record to the library. Never blocks as long as the caller keeps `outstanding` bounded."""
        if self._tally.outstanding == 0:
            self.last_acknowledged = time.monotonic()
        self._produce(record)

    def poll(self) -> None:
        """Takes delivery reports, without waiting; replaces a client that knows no broker any more."""
        for producer in (self._main, self._other):
            producer.poll()
            if producer.look_after():
                print("cameras: Kafka's client knew no broker any more; another one was opened", file=sys.stderr)
        again, self._given_up = self._given_up, []
        for record in again:
            self._produce(record)

    def flush(self, hurry: Callable[[], bool]) -> None:
        """Waits until everything is acknowledged, or until `hurry` says to stop waiting."""
        while self._tally.outstanding and not hurry() and self.fatal is None:
            self._main.flush(0.05)
            self._other.flush(0.05)
            self.poll()

    def _produce(self, record: Record) -> None:
        self._by_way[record.via].produce(
            self._topic,
            record.value,
            record.key,
            partition=record.partition,
            headers=record.headers,
            on_delivery=partial(self._delivered, record),
        )

    def _delivered(self, record: Record, error: KafkaError | None, message: Message) -> None:
        if error is not None and is_given_up(error):
            self._given_up.append(record)
            return
        if error is not None:
            self._refused(record, error)
            return
        partition = message.partition()
        self._tally.acked += 1
        self.last_acknowledged = time.monotonic()
        if record.via != MURMUR2 and partition != home_of(b"%d" % record.oid, self._partition_count):
            self._tally.strays += 1
        if self._truth is not None:
            self._truth.add(record, partition, message.offset())
        if self._footage is not None and record.kind.startswith("new"):
            self._footage.offer(record, self.last_acknowledged)

    def _refused(self, record: Record, error: KafkaError) -> None:
        self._tally.failed += 1
        if self._tally.failed <= _SHOWN_REFUSALS:
            print(f"cameras: Kafka refused detection {record.oid} ({record.kind}): {error.str()}", file=sys.stderr)
        if error.fatal():
            self.fatal = error.str()


def _producer(brokers: str, compression: str, partitioner: str, take_statistics: TakeStatistics) -> Producer:
    application = Application(
        broker_address=brokers,
        auto_create_topics=False,
        use_changelog_topics=False,
        loglevel="WARNING",
        producer_extra_config={
            **kafka_properties(),
            "partitioner": partitioner,
            "enable.idempotence": True,
            "acks": "all",
            "message.timeout.ms": 0,
            "linger.ms": _LINGER_MS,
            "compression.type": compression,
            # Both count bytes before compression, and are far enough below the topic's limit (1,048,588) for a batch that
            # cannot be compressed.
            "message.max.bytes": 1_000_000,
            "batch.size": 1_000_000,
            "queue.buffering.max.messages": 200_000,
            "queue.buffering.max.kbytes": 262_144,
            "reconnect.backoff.max.ms": 2_000,
            "statistics.interval.ms": STATISTICS_INTERVAL_MS,
            "stats_cb": take_statistics,
        },
    )
    return application.get_producer()


class _Seldom(logging.Filter):
    """Lets one message through every ten seconds: a broker that is away is reported at each attempt to reconnect."""

    def __init__(self) -> None:
        super().__init__()
        self._quiet_until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        if record.created < self._quiet_until:
            return False
        self._quiet_until = record.created + _LIBRARY_LOG_PAUSE_SECONDS
        return True


logging.getLogger("quixstreams.kafka.producer").addFilter(_Seldom())
