"""Imported first by __main__.py: what the terminal may do to the cameras, and they to it.

Warnings of libraries about their own future stay out of it. And when it is closed, or the reader of the statistics has
left, what is printed is lost and nothing else: the cameras still send what waits and end in order.
"""

import logging
import sys
from typing import TextIO

logging.captureWarnings(True)
logging.getLogger("py.warnings").addHandler(logging.NullHandler())


class MayGoAway:
    """A stream that loses what nobody can read any more."""

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


sys.stdout = MayGoAway(sys.stdout)
sys.stderr = MayGoAway(sys.stderr)
