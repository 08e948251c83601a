"""Waits for the topic, and never makes it: its partitions and settings belong to the cluster's set-up.

run.py asks once, before the first record. A topic made by accident would have one partition and producers' timestamps,
and every law about homes and arrival would break in silence.
"""

import sys
import time
from collections.abc import Callable

from confluent_kafka import KafkaException
from quixstreams.models.topics import TopicAdmin, TopicConfig

from .access import kafka_properties

_FIRST_PAUSE_SECONDS, _GREATEST_PAUSE_SECONDS = 0.25, 5.0
_ASK_TIMEOUT_SECONDS = 5.0


class Unavailable(Exception):
    """Kafka or the topic is away; trying again later may help."""


def wait_for_topic(brokers: str, topic: str, wait_seconds: float, stopped: Callable[[], bool]) -> int:
    """The topic's partition count. Raises Unavailable when it is still missing after `wait_seconds`."""
    admin = TopicAdmin(brokers, extra_config=kafka_properties())
    deadline = time.monotonic() + wait_seconds
    pause = _FIRST_PAUSE_SECONDS
    said = False
    while not stopped():
        fault = f"topic {topic} does not exist at {brokers}"
        try:
            found = admin.inspect_topics([topic], timeout=_ASK_TIMEOUT_SECONDS)[topic]
            if found is not None:
                _check(topic, found)
                return found.num_partitions
        except KafkaException as away:
            fault = f"Kafka at {brokers} does not answer ({away.args[0].str()})"
        if time.monotonic() + pause > deadline:
            raise Unavailable(
                f"{fault}. Expected: the topic with LogAppendTime and, by default, 12 partitions. "
                "`sightline cluster up` starts Kafka and `sightline prepare` creates the topic; "
                "KAFKA_BROKERS and KAFKA_TOPIC name others."
            )
        if not said:
            print(f"cameras: {fault}; waiting", file=sys.stderr)
            said = True
        time.sleep(pause)
        pause = min(pause * 2, _GREATEST_PAUSE_SECONDS)
    raise Unavailable("stopped before the topic was there")


def _check(topic: str, found: TopicConfig) -> None:
    stamp = (found.extra_config or {}).get("message.timestamp.type")
    if stamp != "LogAppendTime":
        print(
            f"cameras: topic {topic} has message.timestamp.type={stamp}; LogAppendTime was expected, "
            "because the layers count by the log's own clock. `sightline doctor` says how to change it.",
            file=sys.stderr,
        )
