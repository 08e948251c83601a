"""A standard stream that may go away: its terminal is closed, or the reader of the statistics has left.

quiet.py puts it in the place of both streams. What is printed then is lost and nothing else: the cameras still send
what waits and end in order.
"""

from typing import TextIO


class MayGoAway:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            pass

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)
