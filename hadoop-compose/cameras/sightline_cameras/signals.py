"""What a person or a supervisor tells the process: pause, resume, stop.

run.py looks at it in every slice. SIGUSR1 pauses and SIGUSR2 resumes (the disk watch uses them); SIGINT, SIGTERM
and SIGHUP stop; told again a second or more later, the process stops without sending what waits. With
`--stop-with-parent` it also stops when the process that started it is gone, so that no camera is left behind.
"""

import os
import signal
import time

_SECOND_TIME_AFTER_SECONDS = 1.0


class Orders:
    def __init__(self, stop_with_parent: bool) -> None:
        self.paused = False
        #: Told twice: leave at once.
        self.hurried = False
        self._stopped_at: float | None = None
        self._parent = os.getppid() if stop_with_parent else None

    @property
    def stopped(self) -> bool:
        return self._stopped_at is not None

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGUSR1, lambda *_: self._pause(True))
        signal.signal(signal.SIGUSR2, lambda *_: self._pause(False))

    def look_for_parent(self) -> None:
        if self._parent is not None and os.getppid() != self._parent:
            self._stop()

    def _stop(self, *_: object) -> None:
        now = time.monotonic()
        if self._stopped_at is None:
            self._stopped_at = now
        elif now - self._stopped_at >= _SECOND_TIME_AFTER_SECONDS:
            self.hurried = True

    def _pause(self, paused: bool) -> None:
        self.paused = paused
