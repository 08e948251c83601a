"""The command line of the producer, parsed into one frozen value.

`sightline produce` passes its options on by the same names, so the defaults stand here and nowhere else. A fault ends
the process with 2 and says what was expected, as argparse does.
"""

import argparse
import math
from dataclasses import dataclass
from pathlib import Path

from .ids import NODES
from .traffic import Shares

#: What one process can draw.
_GREATEST_FRAMES = 200
_PLACES = Path(__file__).resolve().parent.parent / "places.csv"


@dataclass(slots=True, frozen=True)
class Options:
    brokers: str
    topic: str
    rate: float
    rhythm: bool
    #: How long the rate rises at the start.
    rise_seconds: float
    count: int | None
    seconds: float | None
    seed: int | None
    node: int | None
    cameras: int
    places: Path
    shares: Shares
    truth: Path | None
    drain: bool
    stats: bool
    metrics_port: int | None
    compression: str
    wait_seconds: float
    #: The agent's folder; None: no footage.
    footage: Path | None
    frames_per_second: float
    stop_with_parent: bool
    #: Whose part this is, for who reads the process table; not used here.
    part_of: str | None


def parse_options(arguments: list[str]) -> Options:
    given = vars(_parser().parse_args(arguments))
    shares = Shares(
        longest_copy_delay_ms=round(given.pop("copy_delay_max") * 1_000),
        **{name: given.pop(name) for name in ("copies", "strays", "late", "deferred", "conflicts", "poison")},
    )
    return Options(shares=shares, **given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sightline produce", description="Simulated cameras that publish detections.")
    default = Shares()
    add = parser.add_argument
    add("--brokers", default="127.0.0.1:9092", metavar="HOST:PORT[,...]")
    add("--topic", default="detections")
    add("--rate", type=_at_least(0), default=100.0, help="new detections a second; 0 produces nothing and waits")
    add("--rhythm", action=argparse.BooleanOptionalAction, default=True, help="more by day than by night, within 15 %%")
    add("--rise-seconds", type=_at_least(0), default=0.0, help="let the rate rise evenly for so long at the start")
    add("--count", type=_whole(1), help="stop after so many new detections")
    add("--seconds", type=_at_least(0), help="stop after so many seconds")
    add("--copies", type=_share, default=default.copies, help="share of detections that are sent again, once to 3 times")
    add("--copy-delay-max", type=_at_least(0.001), default=default.longest_copy_delay_ms / 1_000, metavar="SECONDS")
    add("--strays", type=_share, default=default.strays, help="share of copies sent by another producer or without a key")
    add("--late", type=_share, default=default.late, help="share of detections that are minutes to hours old")
    add("--deferred", type=_share, default=default.deferred, help="share of detections that are 2 to 6 days old")
    add("--conflicts", type=_share, default=default.conflicts, help="share of detections with a copy that differs")
    add("--poison", type=_share, default=default.poison, help="invalid records, as a share of the detections")
    add("--seed", type=_whole(0), help="the same seed makes the same traffic (ids stay new)")
    add("--node", type=_whole(0, NODES - 1), help="node within the ids; random by default")
    add("--cameras", type=_whole(1, 30_000), default=4_000)
    add("--places", type=Path, default=_PLACES, metavar="CSV")
    add("--truth", type=Path, metavar="FILE", help="append what Kafka acknowledged to this file")
    add("--drain", action=argparse.BooleanOptionalAction, default=True, help="send waiting copies before stopping")
    add("--stats", action="store_true", help="a line of JSON on standard output every second")
    add("--metrics-port", type=_whole(0, 65_535), help="serve Prometheus metrics on 127.0.0.1")
    add("--compression", choices=("none", "gzip", "snappy", "lz4", "zstd"), default="gzip")
    add("--wait-seconds", type=_at_least(0), default=60.0, help="how long to wait for Kafka and the topic at the start")
    add("--footage", type=Path, metavar="FOLDER", help="hand over pictures and films to the agent in this folder")
    add("--frames-per-second", type=_above_zero, default=20.0, help="pictures and films a second, of all cameras")
    add("--stop-with-parent", action="store_true", help=argparse.SUPPRESS)
    add("--part-of", help=argparse.SUPPRESS)
    return parser


def _at_least(least: float):
    def parse(text: str) -> float:
        number = float(text)
        if not (math.isfinite(number) and number >= least):
            raise argparse.ArgumentTypeError(f"{text} was found; a number of {least} or more was expected")
        return number

    parse.__name__ = "number"
    return parse


def _above_zero(text: str) -> float:
    number = float(text)
    if not (math.isfinite(number) and 0 < number <= _GREATEST_FRAMES):
        raise argparse.ArgumentTypeError(f"{text} was found; a number above 0, at most {_GREATEST_FRAMES}, was expected")
    return number


_above_zero.__name__ = "number"


def _whole(least: int, greatest: int | None = None):
    def parse(text: str) -> int:
        number = int(text)
        if number < least or (greatest is not None and number > greatest):
            most = "" if greatest is None else f" and at most {greatest}"
            raise argparse.ArgumentTypeError(f"{text} was found; an integer of at least {least}{most} was expected")
        return number

    parse.__name__ = "integer"
    return parse


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text} was found; a share from 0 to 1 was expected")
    return share


_share.__name__ = "share"
