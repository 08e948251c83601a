"""Imported first by __main__.py: what the terminal may do to the cameras, and they to it.

Warnings of libraries about their own future stay out of it, and its closing does not end the process (output.py).
"""

import logging
import sys

from .output import MayGoAway

logging.captureWarnings(True)
logging.getLogger("py.warnings").addHandler(logging.NullHandler())
sys.stdout = MayGoAway(sys.stdout)
sys.stderr = MayGoAway(sys.stderr)
