"""The loop: every slice of 20 ms, send the new detections that the pace asks for, then the copies that are due.

__main__.py builds the parts. The order per slice is fixed: look at the orders, send, take delivery reports, sleep.
While paused, or while Kafka does not answer and too much is outstanding, nothing new is made, and nothing is made up
for later: cameras that were off have seen nothing.
"""

import json
import sys
import time

from .copies import WaitingCopies
from .footage_feed import FootageFeed
from .kafka_log import GREATEST_OUTSTANDING, KafkaLog
from .options import Options
from .pace import Pace
from .record import Record
from .signals import Orders
from .tally import Tally
from .traffic import Traffic
from .truth import Truth

_SLICE_SECONDS = 0.02
_GREATEST_COPIES_PER_SLICE = 800
_STOPPED_FLUSH_SECONDS = 8.0
_FLUSH_SECONDS = 120.0
_SILENCE_SECONDS = 3.0


class Run:
    def __init__(
        self, options: Options, traffic: Traffic, pace: Pace, copies: WaitingCopies, log: KafkaLog, tally: Tally,
        truth: Truth | None, orders: Orders, footage: FootageFeed | None = None,
    ) -> None:  # fmt: skip
        self._options = options
        self._traffic = traffic
        self._pace = pace
        self._copies = copies
        self._log = log
        self._tally = tally
        self._truth = truth
        self._orders = orders
        self._footage = footage
        self._acked_before = 0
        self._silent = False

    def until_done(self) -> None:
        """Returns when the count or the time is reached, when told to stop, or when Kafka refuses for good."""
        started = before = second = time.monotonic()
        while not (self._orders.stopped or self._log.fatal or self._reached(before - started)):
            now = time.monotonic()
            self._slice(now - before)
            before = now
            self._log.poll()
            if now - second >= 1.0:
                self._every_second(now - second)
                second = now
            time.sleep(max(0.0, now + _SLICE_SECONDS - time.monotonic()))

    def finish(self) -> None:
        """Sends what waits, takes the last acknowledgements and writes the last lines.

        If Kafka is away just then, waits for it; not for long once it was told to stop.
        """
        ended = time.monotonic()
        if self._options.drain:
            while len(self._copies) and self._log.fatal is None and self._may_send(ended):
                self._send_copies(sys.maxsize)
                self._log.poll()
                if self._full() or not self._answers():
                    time.sleep(_SLICE_SECONDS)
        self._log.flush(lambda: self._orders.hurried or not self._waits_on(ended))
        if self._footage is not None:
            self._footage.close()
        if self._truth is not None:
            self._truth.close()
        self._report(1.0)

    def _slice(self, elapsed_seconds: float) -> None:
        if self._orders.paused or self._full():
            self._pace.skip()
            return
        wanted = self._pace.take(time.time(), elapsed_seconds)
        if self._options.count is not None:
            wanted = min(wanted, self._options.count - self._tally.new)
        now_ms = time.time_ns() // 1_000_000
        for _ in range(wanted):
            self._send_new(now_ms)
        self._send_copies(now_ms)

    def _send_new(self, now_ms: int) -> None:
        record = self._traffic.detection(now_ms)
        self._log.send(record)
        self._tally.new += 1
        for planned in self._traffic.copies_of(record, now_ms):
            self._copies.add(planned)
        poison = self._traffic.poison(now_ms)
        if poison is not None:
            self._log.send(poison)
            self._tally.poison += 1

    def _send_copies(self, now_ms: int) -> None:
        for _ in range(_GREATEST_COPIES_PER_SLICE):
            copy: Record | None = None if self._full() else self._copies.take(now_ms)
            if copy is None:
                return
            self._log.send(copy)
            self._tally.copies += 1

    def _full(self) -> bool:
        return self._tally.outstanding >= GREATEST_OUTSTANDING

    def _reached(self, seconds: float) -> bool:
        options = self._options
        return (options.count is not None and self._tally.new >= options.count) or (
            options.seconds is not None and seconds >= options.seconds
        )

    def _waits_on(self, ended: float) -> bool:
        """Whether acknowledgements are still waited for, as long after the run ended."""
        self._orders.look_for_parent()
        limit = _STOPPED_FLUSH_SECONDS if self._orders.stopped else _FLUSH_SECONDS
        return time.monotonic() - ended < limit

    def _may_send(self, ended: float) -> bool:
        if self._orders.hurried:
            return False
        return self._answers() or (not self._orders.stopped and self._waits_on(ended))

    def _answers(self) -> bool:
        return self._tally.outstanding == 0 or time.monotonic() - self._log.last_acknowledged < _SILENCE_SECONDS

    def _every_second(self, seconds: float) -> None:
        self._orders.look_for_parent()
        if self._truth is not None:
            self._truth.flush()
        if self._footage is not None:
            self._footage.every_second()
        if self._silent == self._answers():
            self._silent = not self._silent
            word = "does not answer; waiting for it" if self._silent else "answers again"
            print(f"cameras: Kafka at {self._options.brokers} {word}", file=sys.stderr)
        self._report(seconds)

    def _report(self, seconds: float) -> None:
        rate = round((self._tally.acked - self._acked_before) / seconds)
        self._acked_before = self._tally.acked
        if not self._options.stats:
            return
        state = "paused" if self._orders.paused else "waiting" if self._silent else "running"
        line = {
            "t": time.time_ns() // 1_000_000,
            "state": state,
            "rate": rate,
            **self._tally.numbers(),
            "waiting_copies": len(self._copies),
        }
        print(json.dumps(line), flush=True)
