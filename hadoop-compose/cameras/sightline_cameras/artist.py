"""Writes pictures and short films of a detection into files; needs Pillow and PyAV (requirements-footage.txt).

footage.py says what and into which file. A film shows the item as it passes; in the middle it stands at its place.
H.264 in an MP4 whose index stands at the front, so that every browser plays it while it still loads.
"""

from fractions import Fraction
from pathlib import Path

import av

from .scenes import HEIGHT, picture, WIDTH
from .sight import Sight

_QUALITY = 78
FILM_SECONDS = 3
_FRAMES_PER_SECOND = 8
_SCALE = 2


def write_picture(sight: Sight, kind: str, file: Path) -> None:
    """`kind`: "jpg" or "png"."""
    if kind == "png":
        picture(sight).save(file, "PNG", compress_level=1)
    else:
        picture(sight).save(file, "JPEG", quality=_QUALITY)


def write_film(sight: Sight, begins_ms: int, file: Path) -> None:
    with av.open(str(file), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=_FRAMES_PER_SECOND)
        stream.width, stream.height, stream.pix_fmt = WIDTH // _SCALE, HEIGHT // _SCALE, "yuv420p"
        stream.time_base = Fraction(1, _FRAMES_PER_SECOND)
        stream.options = {"preset": "ultrafast", "crf": "28", "threads": "1"}
        count = FILM_SECONDS * _FRAMES_PER_SECOND
        for number in range(count):
            at_ms = begins_ms + number * 1_000 // _FRAMES_PER_SECOND
            image = picture(sight, shift=2 * number / count - 1, at_ms=at_ms).reduce(_SCALE)
            frame = av.VideoFrame.from_image(image)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
