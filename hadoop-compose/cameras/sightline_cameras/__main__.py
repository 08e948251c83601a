"""The producer's main: options, city, Kafka, loop, end. Exit codes: 0 done, 2 usage, 5 Kafka is away."""

import gc
import random
import sys

from . import quiet  # noqa: F401 (before the libraries)
from .city import City
from .copies import WaitingCopies
from .footage_feed import FootageFeed
from .ids import DetectionIds, random_node
from .kafka_log import KafkaLog
from .options import parse_options
from .pace import Pace
from .places import read_places
from .run import Run
from .signals import Orders
from .tally import Tally, serve_metrics
from .target import announce_target
from .topic import Unavailable, wait_for_topic
from .traffic import Traffic
from .truth import Truth

DONE, USAGE, KAFKA_AWAY = 0, 2, 5
_GREATEST_WAITING_COPIES = 500_000


def main(arguments: list[str]) -> int:
    options = parse_options(arguments)
    orders = Orders(options.stop_with_parent)
    orders.listen()
    try:
        places = read_places(options.places)
        city = City(places, options.cameras)
        truth = Truth(options.truth) if options.truth else None
    except (OSError, ValueError) as fault:
        print(f"cameras: {fault}", file=sys.stderr)
        return USAGE

    def is_stopped() -> bool:
        orders.look_for_parent()
        return orders.stopped

    try:
        partition_count = wait_for_topic(options.brokers, options.topic, options.wait_seconds, is_stopped)
    except Unavailable as away:
        print(f"cameras: {away}", file=sys.stderr)
        return DONE if orders.stopped else KAFKA_AWAY
    tally = Tally()
    copies = WaitingCopies(_GREATEST_WAITING_COPIES)
    footage = None
    if options.footage is not None:
        kinds = {place.oid: place.kind for place in places}
        footage = FootageFeed(options.footage, options.frames_per_second, kinds, tally)
    log = KafkaLog(options.brokers, options.topic, partition_count, options.compression, tally, truth, footage)
    ids = DetectionIds(random_node() if options.node is None else options.node)
    traffic = Traffic(city, ids, random.Random(options.seed), options.shares, partition_count)
    pace = Pace(options.rate, options.rhythm, random.Random(options.seed), options.rise_seconds)
    target = None
    if options.metrics_port is not None:
        port = serve_metrics(options.metrics_port, tally, lambda: len(copies))
        print(f"cameras: metrics at http://127.0.0.1:{port}/metrics", file=sys.stderr)
        target = announce_target(port)
    gc.collect()
    gc.freeze()
    run = Run(options, traffic, pace, copies, log, tally, truth, orders, footage)
    run.until_done()
    run.finish()
    if target:
        target.unlink(missing_ok=True)
    return _ending(tally, len(copies), log.fatal)


def _ending(tally: Tally, left_copies: int, fatal: str | None) -> int:
    print(
        f"cameras: {tally.new} detections and {tally.copies} copies sent, {tally.acked} records acknowledged, "
        f"{tally.strays} of them strays",
        file=sys.stderr,
    )
    if tally.footage or tally.footage_lost:
        print(f"cameras: {tally.footage} pictures and films handed over, {tally.footage_lost} lost", file=sys.stderr)
    if left_copies:
        print(f"cameras: {left_copies} copies were not sent", file=sys.stderr)
    if tally.outstanding or tally.failed:
        why = fatal or "Kafka did not answer in time"
        print(
            f"cameras: {tally.outstanding} records are in doubt and {tally.failed} were refused ({why}); "
            "they are not in the truth file, though some of them may be in the log",
            file=sys.stderr,
        )
        return KAFKA_AWAY
    return DONE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
