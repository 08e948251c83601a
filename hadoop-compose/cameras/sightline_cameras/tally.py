"""What was sent and what became of it, for the status line and for Prometheus.

run.py and kafka_log.py count; reading is cheap and happens once a second. The metrics are made at the moment of a
scrape from these numbers, so that the hot path pays for plain additions only.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily


@dataclass(slots=True)
class Tally:
    """Counts since the start of the process."""

    new: int = 0
    copies: int = 0
    poison: int = 0
    acked: int = 0
    #: Acknowledged outside the home partition.
    strays: int = 0
    failed: int = 0
    #: Pictures and films handed over.
    footage: int = 0
    #: Pictures and films that could not be handed over.
    footage_lost: int = 0

    @property
    def sent(self) -> int:
        return self.new + self.copies + self.poison

    @property
    def outstanding(self) -> int:
        return self.sent - self.acked - self.failed

    def numbers(self) -> dict[str, int]:
        return {"sent": self.sent, **asdict(self), "outstanding": self.outstanding}


class _Metrics:
    def __init__(self, tally: Tally, waiting_copies: Callable[[], int]) -> None:
        self._tally = tally
        self._waiting_copies = waiting_copies

    def collect(self) -> Iterable:
        tally = self._tally
        records = CounterMetricFamily("sightline_cameras_records", "Records handed to Kafka.", labels=["outcome"])
        for outcome in ("new", "copies", "poison"):
            records.add_metric([outcome], getattr(tally, outcome))
        yield records
        yield CounterMetricFamily("sightline_cameras_acknowledged", "Records that Kafka acknowledged.", tally.acked)
        yield CounterMetricFamily("sightline_cameras_strays", "Acknowledged outside the home partition.", tally.strays)
        yield CounterMetricFamily("sightline_cameras_failed", "Records that Kafka refused for good.", tally.failed)
        footage = CounterMetricFamily("sightline_cameras_footage_files", "Pictures and films.", labels=["outcome"])
        footage.add_metric(["handed_over"], tally.footage)
        footage.add_metric(["lost"], tally.footage_lost)
        yield footage
        yield GaugeMetricFamily("sightline_cameras_outstanding_records", "Not acknowledged yet.", tally.outstanding)
        yield GaugeMetricFamily("sightline_cameras_waiting_copies", "Copies not due yet.", self._waiting_copies())


def serve_metrics(port: int, tally: Tally, waiting_copies: Callable[[], int]) -> int:
    """Serves /metrics on the loopback interface and returns the port; 0 takes a free one."""
    registry = CollectorRegistry()
    registry.register(_Metrics(tally, waiting_copies))
    server, _thread = start_http_server(port, addr="127.0.0.1", registry=registry)
    return server.server_port
