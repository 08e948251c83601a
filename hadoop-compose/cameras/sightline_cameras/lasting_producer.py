"""A producer of Quix Streams that outlives its client: kafka_log.py sends through it.

A broker that has just come back may answer that the cluster has no brokers. librdkafka (2.10 to 2.14) then forgets all of
them, those of its configuration too, and may never ask again. The client's statistics show it. `look_after` then gives
up what the client holds and opens another one; the delivery report of each record that was given up carries an error
for which `is_given_up` is true, and its sender sends it again. A record that Kafka had taken already is a copy then, as
from any gateway that tries again.
"""

import json
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, Message
from quixstreams.kafka import Producer

#: How often a client tells its statistics. One report could fall between forgetting brokers and learning others.
STATISTICS_INTERVAL_MS = 5_000
_REPORTS_WITHOUT_BROKERS = 2
#: Far longer than a client takes to report what it gave up.
_REPORTS_SECONDS = 10.0
_KNOWN_SOURCES = ("configured", "learned")
_GIVEN_UP = (KafkaError._PURGE_QUEUE, KafkaError._PURGE_INFLIGHT)

TakeStatistics = Callable[[str], None]
TakeReport = Callable[[KafkaError | None, Message], None]


class LastingProducer:
    def __init__(self, open_producer: Callable[[TakeStatistics], Producer]) -> None:
        self._open = open_producer
        self._reports_without = 0
        self._producer = self._open_client()

    def produce(self, topic: str, value: Any, key: Any, partition: int | None, headers: Any, on_delivery: TakeReport) -> None:  # fmt: skip
        self._producer.produce(topic, value, key, headers=headers, partition=partition, on_delivery=on_delivery)

    def poll(self) -> None:
        """Takes delivery reports and statistics, without waiting."""
        self._producer.poll(0)

    def flush(self, seconds: float) -> None:
        self._producer.flush(seconds)

    def look_after(self) -> bool:
        """Opens another client if this one knows no broker. True if it did: the reports have been taken."""
        if self._reports_without < _REPORTS_WITHOUT_BROKERS:
            return False
        self._reports_without = 0
        forgetful = self._producer
        self._producer = self._open_client()
        forgetful.purge()
        forgetful.flush(_REPORTS_SECONDS)
        return True

    def _open_client(self) -> Producer:
        # A function of its own: Quix Streams copies its settings deeply, and with a method all of this object.
        return self._open(lambda text: self._take_statistics(text))

    def _take_statistics(self, text: str) -> None:
        brokers = json.loads(text)["brokers"].values()
        is_known = any(broker["source"] in _KNOWN_SOURCES for broker in brokers)
        self._reports_without = 0 if is_known else self._reports_without + 1


def is_given_up(error: KafkaError) -> bool:
    return error.code() in _GIVEN_UP
