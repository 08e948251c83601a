"""Imported first by __main__.py: keeps warnings of libraries about their own future out of the terminal."""

import logging

logging.captureWarnings(True)
logging.getLogger("py.warnings").addHandler(logging.NullHandler())
