"""What a simulated camera sees, as a picture: its place, the detected item, a frame around it, and a label.

artist.py asks for pictures and for the frames of a film. Fonts and backgrounds are made once and kept, so
that a picture costs a copy, a few shapes and an encoder.
"""

import random
from datetime import UTC, datetime
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from .sight import Sight

WIDTH, HEIGHT = 640, 360
#: Cameras of one kind of place look at different parts of one wide background.
_WIDE = WIDTH + 256
_HORIZON = 170
_LABEL_PIXELS, _CLOCK_PIXELS = 18, 16
_FRAME, _DARK, _LIGHT = (255, 214, 10), (16, 20, 28), (240, 244, 248)

_TWO_WHEELS = frozenset(
    ("bicycle", "e-scooter", "motorcycle", "moped", "cargo bike", "unicycle", "penny-farthing", "segway")
)
_FOUR_WHEELS = frozenset(
    ("car", "delivery van", "bus", "truck", "taxi", "tram", "trailer", "ambulance", "police car", "refuse lorry", "coach",
     "tractor", "fire engine", "tow truck", "caravan", "street sweeper", "crane lorry", "golf buggy", "forklift",
     "ice-cream van, chiming", "Straßenbahn")
)  # fmt: skip
_LONG = frozenset(("bus", "truck", "tram", "coach", "refuse lorry", "fire engine", "crane lorry", "Straßenbahn"))
_ANIMALS = frozenset(("dog", "cat", "horse", "fox", "swan", "pigeon flock"))

#: Colours of the ground, and how tall what stands at the horizon is, by kind of place.
_GROUNDS = {
    "station": ((120, 118, 116), 70), "airport": ((150, 152, 150), 40), "square": ((172, 160, 140), 90),
    "road": ((84, 86, 90), 30), "harbour": ((92, 104, 116), 60), "campus": ((134, 142, 110), 70),
    "street": ((98, 98, 102), 100), "park": ((104, 140, 84), 50),
}  # fmt: skip


def picture(sight: Sight, shift: float = 0.0, at_ms: int | None = None) -> Image.Image:
    """The scene with the item. `shift` (-1 to 1) moves the item along its way; `at_ms` is what the clock shows."""
    at_ms = sight.detected_ms if at_ms is None else at_ms
    night = not 6 <= at_ms // 3_600_000 % 24 < 21
    left = sight.camera_oid * 37 % (_WIDE - WIDTH)
    image = _background(sight.place_kind, night).crop((left, 0, left + WIDTH, HEIGHT))
    draw = ImageDraw.Draw(image)
    box = _place_of(sight, shift)
    _item(draw, sight, box)
    draw.rectangle((box[0] - 6, box[1] - 6, box[2] + 6, box[3] + 6), outline=_FRAME, width=2)
    _text(draw, (box[0] - 6, box[1] - 30), sight.item[:40], _font(_LABEL_PIXELS), _FRAME, _DARK)
    _text(draw, (0, HEIGHT - 22), f"camera {sight.camera_oid}   {_clock(at_ms)}", _font(_CLOCK_PIXELS), _DARK, _LIGHT)
    return image


def _place_of(sight: Sight, shift: float) -> tuple[int, int, int, int]:
    """Where the item stands: the same for the same detection."""
    rng = random.Random(sight.oid)
    width, height = _size(sight.item)
    nearness = rng.uniform(0.7, 1.3)
    width, height = round(width * nearness), round(height * nearness)
    foot = round(_HORIZON + 30 + (nearness - 0.7) / 0.6 * 120)
    left = rng.randrange(90, WIDTH - 90 - width) + round(shift * 80)
    return left, foot - height, left + width, foot


def _size(item: str) -> tuple[int, int]:
    if item in _LONG:
        return 190, 80
    if item in _FOUR_WHEELS:
        return 130, 60
    if item in _TWO_WHEELS:
        return 80, 64
    if item in _ANIMALS:
        return 62, 40
    return (34, 92) if item == "person" else (56, 60)


def _item(draw: ImageDraw.ImageDraw, sight: Sight, box: tuple[int, int, int, int]) -> None:
    left, top, right, foot = box
    width, height = right - left, foot - top
    colour = random.Random(sight.oid + 1).choices(range(60, 230), k=3)
    colour = (colour[0], colour[1], colour[2])
    if sight.item in _FOUR_WHEELS:
        wheel = height // 4
        draw.rounded_rectangle((left, top + height // 3, right, foot - wheel // 2), 8, fill=colour)
        draw.rounded_rectangle((left + width // 6, top, right - width // 6, top + height // 2), 8, fill=colour)
        draw.rectangle((left + width // 4, top + 5, right - width // 4, top + height // 3), fill=(170, 200, 220))
        for x in (left + width // 5, right - width // 5):
            draw.ellipse((x - wheel, foot - 2 * wheel, x + wheel, foot), fill=_DARK)
    elif sight.item in _TWO_WHEELS:
        wheel = height // 4
        for x in (left + wheel, right - wheel):
            draw.ellipse((x - wheel, foot - 2 * wheel, x + wheel, foot), outline=_DARK, width=4)
        draw.line((left + wheel, foot - wheel, left + width // 2, top + height // 2, right - wheel, foot - wheel), colour, 5)
        draw.ellipse((left + width // 2 - 8, top, left + width // 2 + 8, top + 16), fill=(224, 190, 160))
        draw.line((left + width // 2, top + 16, left + width // 2, top + height // 2 + 4), colour, 9)
    elif sight.item == "person":
        head = width // 2
        draw.ellipse((left + head // 2, top, left + head // 2 + head, top + head), fill=(224, 190, 160))
        draw.rounded_rectangle((left, top + head, right, top + height * 3 // 5), 8, fill=colour)
        for x in (left + width // 4, right - width // 4):
            draw.line((x, top + height * 3 // 5, x, foot), _DARK, max(5, width // 4))
    elif sight.item in _ANIMALS:
        draw.ellipse((left, top + height // 4, right - width // 4, foot - height // 4), fill=colour)
        draw.ellipse((right - width // 3, top, right, top + height // 2), fill=colour)
        for x in (left + width // 5, right - width // 3):
            draw.line((x, foot - height // 3, x, foot), colour, 5)
    else:
        draw.rounded_rectangle((left, top, right, foot), 10, fill=colour, outline=_DARK, width=2)


def _text(draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, font: ImageFont.FreeTypeFont, back, front) -> None:
    left, top, right, bottom = draw.textbbox((at[0] + 5, at[1] + 2), text, font=font)
    draw.rectangle((left - 5, top - 3, right + 5, bottom + 3), fill=back)
    draw.text((at[0] + 5, at[1] + 2), text, fill=front, font=font)


def _clock(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms // 1_000, UTC):%Y-%m-%d %H:%M:%S}.{ms % 1_000:03d} UTC"


@cache
def _font(pixels: int) -> ImageFont.FreeTypeFont:
    """DejaVu has more letters; Pillow brings a font of its own for machines without it."""
    try:
        return ImageFont.truetype("DejaVuSans.ttf", pixels)
    except OSError:
        return ImageFont.load_default(pixels)


@cache
def _background(place_kind: str, night: bool) -> Image.Image:
    rng = random.Random(place_kind)
    ground, tallest = _GROUNDS.get(place_kind, _GROUNDS["street"])
    image = Image.new("RGB", (_WIDE, HEIGHT), ground)
    draw = ImageDraw.Draw(image)
    for y in range(_HORIZON):
        draw.line((0, y, _WIDE, y), (120 + y // 3, 160 + y // 4, 214))
    x = 0
    while x < _WIDE:
        width, height = rng.randrange(30, 110), rng.randrange(tallest // 3, tallest + 1)
        grey = rng.randrange(90, 190)
        draw.rectangle((x, _HORIZON - height, x + width, _HORIZON), fill=(grey, grey - 6, grey - 14))
        for window in range(x + 8, x + width - 10, 16):
            draw.rectangle((window, _HORIZON - height + 8, window + 7, _HORIZON - height + 18), fill=(232, 216, 160))
        x += width + rng.randrange(0, 30)
    for y in (240, 320):
        for dash in range(0, _WIDE, 80):
            draw.rectangle((dash, y, dash + 36, y + 4), fill=tuple(min(255, c + 60) for c in ground))
    return image.point(lambda value: value * 2 // 5) if night else image
