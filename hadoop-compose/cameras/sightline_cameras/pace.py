"""How many detections belong to each slice of time.

run.py asks once per slice. Smooth: what a slice does not use is carried over, but never more than a quarter of a
second, so that neither a long wait nor a resumed pause ends in a burst. Over a whole day the rhythm averages to 1. The
cameras of a city do not begin in one moment either: the rate may rise evenly for some seconds at the start.
"""

import math
import random

_DAY_SECONDS = 86_400
_GREATEST_CARRY_SECONDS = 0.25
_NOISE_STEP = 0.006
_GREATEST_NOISE = 0.025


def rhythm_at(unix_seconds: float) -> float:
    """0.90 in the small hours, 1.09 in the early evening; the mean over a day is exactly 1."""
    turn = 2 * math.pi * (unix_seconds % _DAY_SECONDS) / _DAY_SECONDS
    return 1 + 0.09 * math.cos(turn - 2 * math.pi * 16.5 / 24) + 0.02 * math.cos(2 * (turn - 2 * math.pi * 8.5 / 24))


class Pace:
    def __init__(self, rate_per_second: float, rhythm: bool, rng: random.Random, rise_seconds: float = 0) -> None:
        self._rate = rate_per_second
        self._rise_seconds = rise_seconds
        self._began: float | None = None
        self._rhythm = rhythm
        self._rng = rng
        self._noise = 0.0
        self._noise_second = -1
        self._carry = 0.0

    def rate_at(self, unix_seconds: float) -> float:
        """Detections per second now; within 15 % of the rate asked for."""
        if not self._rhythm:
            return self._rate
        if int(unix_seconds) != self._noise_second:
            self._noise_second = int(unix_seconds)
            step = self._rng.uniform(-_NOISE_STEP, _NOISE_STEP)
            self._noise = max(-_GREATEST_NOISE, min(_GREATEST_NOISE, self._noise * 0.98 + step))
        return self._rate * (rhythm_at(unix_seconds) + self._noise)

    def take(self, unix_seconds: float, elapsed_seconds: float) -> int:
        """How many to send for the time that passed since the last call."""
        rate = self.rate_at(unix_seconds) * self._risen(unix_seconds)
        self._carry = min(self._carry + rate * elapsed_seconds, max(1.0, rate * _GREATEST_CARRY_SECONDS))
        whole = int(self._carry)
        self._carry -= whole
        return whole

    def _risen(self, unix_seconds: float) -> float:
        """Share of the rate that is reached by now, 1 once the rise is over."""
        if self._began is None:
            self._began = unix_seconds
        since = unix_seconds - self._began
        return 1.0 if since >= self._rise_seconds else max(0.0, since / self._rise_seconds)

    def skip(self) -> None:
        """Forgets what was carried over, while paused or while Kafka does not answer."""
        self._carry = 0.0
