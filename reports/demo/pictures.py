"""Drawings of shelves that stand in for photos."""

import io

from PIL import Image, ImageDraw, ImageFilter

COLOURS = [(196, 64, 48), (232, 170, 60), (62, 128, 92), (52, 98, 160), (142, 86, 150), (214, 120, 150), (90, 90, 96), (238, 226, 190)]


def draw_shelf(rng, *, gaps):
    """JPEG bytes of a shelf with four boards; ``gaps`` is the share of empty places."""
    width, height, boards = 1024, 768, 4
    tone = int(rng.integers(190, 232))
    picture = Image.new("RGB", (width, height), (tone, tone, tone - 8))
    draw = ImageDraw.Draw(picture)
    for board in range(boards):
        bottom = int(height * (board + 1) / boards) - 26
        draw.rectangle((0, bottom, width, bottom + 14), fill=(120, 112, 104))
        draw.rectangle((0, bottom + 14, width, bottom + 24), fill=(244, 244, 240))
        left = 8
        while left < width - 40:
            facings, size = int(rng.integers(2, 6)), int(rng.integers(34, 70))
            tall, colour = int(rng.integers(90, 140)), COLOURS[int(rng.integers(len(COLOURS)))]
            for _facing in range(facings):
                if rng.random() >= gaps and left + size < width:
                    draw.rectangle(
                        (left, bottom - tall, left + size - 4, bottom - 1), fill=colour, outline=tuple(part // 2 for part in colour)
                    )
                    draw.rectangle((left + 6, bottom - tall + 16, left + size - 10, bottom - tall + 40), fill=(250, 250, 246))
                left += size
            draw.rectangle((left - 30, bottom + 15, left - 6, bottom + 23), fill=(210, 40, 40) if rng.random() < 0.2 else (30, 30, 30))
    picture = picture.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.4, 1.4)))).rotate(
        float(rng.normal(0, 1.2)), fillcolor=(60, 58, 56)
    )
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=82)
    return file.getvalue()
