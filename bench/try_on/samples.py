"""Products drawn for the gallery, the tests and the demo shop: glasses, a hat, earrings and a
shirt."""

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

_FINE = 3  # drawn this many times larger, then reduced


def glasses() -> Image.Image:
    """Dark horn-rimmed glasses, 140 mm wide, with lightly tinted lenses."""
    size = (840 * _FINE, 300 * _FINE)
    lenses, frame = Image.new("L", size), Image.new("L", size)
    pen, rim = ImageDraw.Draw(lenses), ImageDraw.Draw(frame)
    for left in (48, 492):
        box = [side * _FINE for side in (left, 40, left + 300, 272)]
        rim.rounded_rectangle(_grown(box, 18 * _FINE), 105 * _FINE, fill=255)
        pen.rounded_rectangle(box, 90 * _FINE, fill=255)
    rim.rounded_rectangle([side * _FINE for side in (360, 92, 480, 122)], 14 * _FINE, fill=255)
    for left, right in ((0, 60), (780, 840)):
        rim.rounded_rectangle(
            [side * _FINE for side in (left, 80, right, 125)], 12 * _FINE, fill=255
        )
    frame = ImageChops.subtract(frame, lenses)
    image = Image.new("RGBA", size, (40, 26, 20, 0))
    image.paste(Image.new("RGBA", size, (60, 70, 75, 38)), mask=lenses.point(lambda v: v and 255))
    sheen = Image.linear_gradient("L").resize(size).point(lambda v: 70 - v // 5)
    horn = Image.merge(
        "RGBA", (sheen, sheen.point(lambda v: v * 2 // 3), sheen.point(lambda v: v // 2), frame)
    )
    image.paste(horn, mask=frame)
    return image.reduce(_FINE)


def beanie() -> Image.Image:
    """A ribbed knitted hat with a turned-up cuff, as wide as it is stretched on a head."""
    width, height, cuff = 760 * _FINE, 470 * _FINE, 315 * _FINE
    shape = Image.new("L", (width, height))
    pen = ImageDraw.Draw(shape)
    pen.ellipse([22 * _FINE, 8 * _FINE, width - 22 * _FINE, 2 * cuff], fill=255)
    pen.rectangle([0, cuff, width, height], fill=0)
    pen.rounded_rectangle([0, cuff - 12 * _FINE, width - 1, height - 1], 42 * _FINE, fill=255)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    across = np.clip(2 * x / width - 1, -0.999, 0.999)
    below = np.clip((y - cuff) / (height - cuff), -1, 1)  # of the cuff
    # Ribs run around the head, closer together towards its sides, and meet above.
    narrow = np.sqrt(np.clip(1 - np.clip((cuff - y) / cuff, 0, 1) ** 2, 0.08, 1))
    around = np.arcsin(np.clip(across / np.where(y < cuff, narrow, 1), -0.999, 0.999))
    ribs = 0.5 + 0.5 * np.cos(around * np.where(y < cuff, 76, 60))
    loops = 0.5 + 0.5 * np.cos(2 * np.pi * y / (9 * _FINE) + 2 * ribs)
    knit = 0.74 + 0.2 * ribs**0.7 + 0.06 * loops
    round_off = np.cos(around * 0.86) ** 0.7
    crown = np.clip(0.62 + 0.5 * y / cuff, 0, 1) * np.where(
        y < cuff, 1 - 0.45 * np.exp(-((cuff - y) / (16 * _FINE))), 1
    )
    roll = np.where(y < cuff, 1, 0.72 + 0.36 * np.sin(np.pi * np.clip(0.12 + 0.8 * below, 0, 1)))
    shade = np.clip(knit * round_off * crown * roll, 0, 1)
    red, green, blue = (Image.fromarray(np.uint8(shade * most)) for most in (196, 62, 66))
    return Image.merge("RGBA", (red, green, blue, shape)).reduce(_FINE)


def drops() -> Image.Image:
    """A gold drop earring with a green stone, 42 mm high."""
    size = (160 * _FINE, 420 * _FINE)
    image = Image.new("RGBA", size, (190, 140, 50, 0))
    pen = ImageDraw.Draw(image)

    def box(*sides: int) -> list[int]:
        return [side * _FINE for side in sides]

    pen.arc(box(60, 4, 100, 60), 180, 20, fill=(214, 170, 80, 255), width=7 * _FINE)
    pen.line(box(80, 50, 80, 130), fill=(196, 150, 62, 255), width=6 * _FINE)
    pen.ellipse(box(20, 125, 140, 410), fill=(205, 160, 70, 255))
    pen.ellipse(box(34, 143, 126, 396), fill=(16, 92, 70, 255))
    pen.ellipse(box(48, 160, 84, 250), fill=(90, 190, 150, 255))
    return image.filter(ImageFilter.GaussianBlur(_FINE)).reduce(_FINE)


def shirt(back: bool = False) -> Image.Image:
    """A football shirt, blue with a pale stripe, laid flat; from behind where `back`."""
    size = (900 * _FINE, 960 * _FINE)
    shape = Image.new("L", size)
    pen = ImageDraw.Draw(shape)
    neck = [(352, 62), (372, 98), (410, 122), (450, 129), (490, 122), (528, 98), (548, 62)]
    if back:
        neck = [(352, 62), (395, 74), (450, 78), (505, 74), (548, 62)]
    body = [*neck, (690, 105), (790, 170), (890, 350), (770, 415), (715, 330), (715, 950), (185, 950),
            (185, 330), (130, 415), (10, 350), (110, 170), (210, 105)]  # fmt: skip
    pen.polygon([(x * _FINE, y * _FINE) for x, y in body], fill=255)
    shape = shape.filter(ImageFilter.GaussianBlur(3 * _FINE)).point(lambda v: 255 if v > 127 else 0)
    cloth = Image.new("RGB", size, (28, 62, 140))
    stripe = ImageDraw.Draw(cloth)
    if not back:
        stripe.rectangle([400 * _FINE, 0, 500 * _FINE, size[1]], fill=(226, 226, 214))
    collar = [(x * _FINE, y * _FINE) for x, y in neck]
    stripe.line(collar, fill=(226, 226, 214), width=22 * _FINE, joint="curve")
    folds = (
        Image.effect_noise((60, 64), 60)
        .filter(ImageFilter.GaussianBlur(3))
        .resize(size, Image.Resampling.BICUBIC)
    )
    folds = folds.point(lambda v: min(255, max(140, 225 + (v - 128) * 3)))
    round_off = Image.new("L", (256, 1))
    round_off.putdata([round(255 - 90 * abs(x / 127.5 - 1) ** 2.5) for x in range(256)])
    shade = ImageChops.multiply(folds, round_off.resize(size))
    cloth = ImageChops.multiply(cloth, Image.merge("RGB", (shade, shade, shade)))
    return Image.merge("RGBA", (*cloth.split(), shape)).reduce(_FINE)


def patch() -> Image.Image:
    """A round sleeve patch."""
    size = 120 * _FINE
    image = Image.new("RGBA", (size, size))
    pen = ImageDraw.Draw(image)
    pen.ellipse([0, 0, size - 1, size - 1], fill=(230, 190, 60, 255))
    pen.ellipse([size // 8, size // 8, size * 7 // 8, size * 7 // 8], fill=(150, 30, 40, 255))
    pen.regular_polygon((size // 2, size // 2, size // 4), 5, fill=(240, 240, 235, 255))
    return image.reduce(_FINE)


def _grown(box: list[int], by: int) -> list[int]:
    return [box[0] - by, box[1] - by, box[2] + by, box[3] + by]
