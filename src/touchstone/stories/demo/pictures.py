"""Draws the demo newsroom's pictures: calm abstract illustrations; the same motif and seed give the same one."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1600, 900
SCALE = 2
QUALITY = 84
CREDIT = "Illustration: Touchstone demo newsroom"

Colour = tuple[int, int, int]
Rng = np.random.Generator

# Each palette: sky, ground, ink, two accents.
PALETTES: list[tuple[Colour, Colour, Colour, Colour, Colour]] = [
    ((18, 32, 58), (44, 82, 110), (232, 226, 208), (226, 150, 74), (104, 180, 178)),
    ((238, 228, 208), (214, 196, 164), (46, 52, 62), (188, 76, 58), (58, 112, 124)),
    ((26, 54, 52), (70, 110, 92), (236, 232, 214), (232, 188, 92), (206, 108, 82)),
    ((52, 34, 62), (116, 70, 96), (240, 224, 214), (236, 158, 106), (132, 170, 206)),
    ((214, 224, 226), (168, 188, 194), (34, 48, 66), (208, 120, 60), (64, 128, 112)),
    ((40, 42, 50), (88, 88, 96), (234, 230, 222), (222, 96, 74), (226, 190, 104)),
]


def draw_picture(motif: str, seed: int) -> bytes:
    """A JPEG of 1600×900 pixels; the same motif and seed give the same picture. Raises KeyError for other motifs."""
    rng = np.random.default_rng([seed, *motif.encode()])
    palette = PALETTES[int(rng.integers(len(PALETTES)))]
    canvas = _draw_sky(palette[0], palette[1], rng)
    MOTIFS[motif](ImageDraw.Draw(canvas, "RGBA"), palette, rng)
    picture = _add_grain(canvas.reduce(SCALE), rng)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return out.getvalue()


def _draw_sky(top: Colour, bottom: Colour, rng: Rng) -> Image.Image:
    """A soft slanted gradient with one wide glow, worked out small since it holds no detail."""
    y, x = np.mgrid[0:HEIGHT:8, 0:WIDTH:8].astype(np.float32)
    slope = np.clip((y / HEIGHT + 0.25 * x / WIDTH) / 1.25, 0, 1)[..., None]
    cx, cy = rng.uniform(0.2, 0.8) * WIDTH, rng.uniform(0.1, 0.5) * HEIGHT
    glow = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * (0.35 * WIDTH) ** 2))[..., None]
    ground = np.array(top, np.float32) * (1 - slope) + np.array(bottom, np.float32) * slope + 26 * glow
    small = Image.fromarray(np.clip(ground, 0, 255).astype(np.uint8))
    return small.resize((WIDTH * SCALE, HEIGHT * SCALE), Image.Resampling.BICUBIC)


def _add_grain(picture: Image.Image, rng: Rng) -> Image.Image:
    noise = rng.normal(0, 2.2, (HEIGHT // 2, WIDTH // 2)).astype(np.float32)
    grain = np.asarray(Image.fromarray(noise).resize((WIDTH, HEIGHT)).filter(ImageFilter.BoxBlur(0)))[..., None]
    return Image.fromarray(np.clip(np.asarray(picture, np.float32) + grain, 0, 255).astype(np.uint8))


def _at(x: float, y: float) -> tuple[float, float]:
    """A place in picture pixels, on the larger canvas."""
    return x * SCALE, y * SCALE


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float, fill: tuple[int, ...]) -> None:
    draw.ellipse([_at(x - radius, y - radius), _at(x + radius, y + radius)], fill=fill)


def _line(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], *, fill: tuple[int, ...], width: float) -> None:
    draw.line([_at(*point) for point in points], fill=fill, width=max(1, round(width * SCALE)), joint="curve")


def _walk(rng: Rng, count: int, *, roughness: float) -> list[float]:
    """A random walk of that many steps, scaled to lie between 0 and 1."""
    steps = np.cumsum(rng.normal(0, 1, count))
    steps = np.convolve(np.pad(steps, 2, mode="edge"), np.ones(5) / 5, "valid") * (1 - roughness) + steps * roughness
    return list((steps - steps.min()) / max(float(np.ptp(steps)), 1e-9))


def draw_network(draw: ImageDraw.ImageDraw, palette: tuple[Colour, ...], rng: Rng) -> None:
    """Nodes joined to their neighbours, as in a net of machines."""
    _, _, ink, warm, cool = palette
    places = [(rng.uniform(60, WIDTH - 60), rng.uniform(60, HEIGHT - 60)) for _ in range(64)]
    for n, here in enumerate(places):
        near = sorted(places, key=lambda other: math.dist(here, other))[1:4]
        for other in near:
            _line(draw, [here, other], fill=(*ink, 70), width=1.6)
        size = float(rng.choice([5, 7, 9, 14, 24], p=[0.3, 0.3, 0.2, 0.14, 0.06]))
        fill = warm if n % 7 == 0 else cool if n % 3 == 0 else ink
        _disc(draw, *here, size * 2.2, (*fill, 36))
        _disc(draw, *here, size, (*fill, 235))


def draw_chip(draw: ImageDraw.ImageDraw, palette: tuple[Colour, ...], rng: Rng) -> None:
    """A die with its traces running to the edges."""
    _, _, ink, warm, cool = palette
    cx, cy, half = rng.uniform(620, 980), 450.0, 190.0
    for n in range(-9, 10):
        bend, drop = half + rng.uniform(40, 240), rng.uniform(-90, 90)
        for side in (-1, 1):
            edge = 0.0 if side < 0 else float(WIDTH)
            y = cy + n * 18
            points = [
                (cx + side * half, y),
                (cx + side * bend, y),
                (cx + side * (bend + 60), y + drop),
                (edge, y + drop),
            ]
            _line(draw, points, fill=(*(cool if n % 3 else warm), 150), width=3)
    draw.rounded_rectangle([_at(cx - half, cy - half), _at(cx + half, cy + half)], 26 * SCALE, fill=(*ink, 240))
    cell, inner = 30.0, half - 34
    for gx in np.arange(-inner, inner - 1, cell):
        for gy in np.arange(-inner, inner - 1, cell):
            fill = [(*warm, 230), (*cool, 220), (*palette[0], 200), (*palette[1], 200)][int(rng.integers(4))]
            draw.rectangle([_at(cx + gx + 3, cy + gy + 3), _at(cx + gx + cell - 3, cy + gy + cell - 3)], fill=fill)


def draw_waves(draw: ImageDraw.ImageDraw, palette: tuple[Colour, ...], rng: Rng) -> None:
    """Layer behind layer of hills, as signals or voices."""
    _, _, ink, warm, cool = palette
    for layer in range(9):
        base, phase = 300 + layer * 66, rng.uniform(0, 6.3)
        lengths, heights = rng.uniform(160, 420, 3), rng.uniform(8, 34, 3)
        xs = np.linspace(0, WIDTH, 200)
        ys = base + sum(
            h * np.sin(xs / w + phase * (n + 1)) for n, (w, h) in enumerate(zip(lengths, heights, strict=True))
        )
        fill = [warm, cool, ink][layer % 3]
        outline = [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
        draw.polygon([_at(*p) for p in [*outline, (WIDTH, HEIGHT), (0, HEIGHT)]], fill=(*fill, 46))
        _line(draw, outline, fill=(*fill, 170), width=2.4)


def draw_candles(draw: ImageDraw.ImageDraw, palette: tuple[Colour, ...], rng: Rng) -> None:
    """Candles of a market with a smooth line over them."""
    _, _, ink, warm, cool = palette
    closes = [640 - 380 * value for value in _walk(rng, 46, roughness=0.7)]
    for n in range(5):
        _line(draw, [(0, 200 + n * 140), (WIDTH, 200 + n * 140)], fill=(*ink, 36), width=1.2)
    for n in range(1, len(closes)):
        x, top, bottom = 40 + n * 33.5, min(closes[n - 1 : n + 1]), max(closes[n - 1 : n + 1])
        fill = (*(cool if closes[n] < closes[n - 1] else warm), 230)
        _line(draw, [(x, top - rng.uniform(8, 44)), (x, bottom + rng.uniform(8, 44))], fill=fill, width=2.4)
        draw.rounded_rectangle([_at(x - 11, top), _at(x + 11, max(bottom, top + 6))], 4 * SCALE, fill=fill)
    smooth = np.convolve(np.pad(closes, 4, mode="edge"), np.ones(9) / 9, "valid")
    _line(draw, [(40 + n * 33.5, float(y) - 40) for n, y in enumerate(smooth)], fill=(*ink, 200), width=4)


def draw_ridges(draw: ImageDraw.ImageDraw, palette: tuple[Colour, ...], rng: Rng) -> None:
    """Filled price curves one behind the other."""
    _, _, ink, warm, cool = palette
    for layer, fill in enumerate([cool, ink, warm, cool]):
        heights = _walk(rng, 60, roughness=0.35)
        base, reach = 480 + layer * 130, 330 - layer * 40
        outline = [(n * WIDTH / 59, base - reach * value) for n, value in enumerate(heights)]
        draw.polygon([_at(*p) for p in [*outline, (WIDTH, HEIGHT), (0, HEIGHT)]], fill=(*fill, 84))
        _line(draw, outline, fill=(*fill, 240), width=3.4)


def draw_columns(draw: ImageDraw.ImageDraw, palette: tuple[Colour, ...], rng: Rng) -> None:
    """A public building: steps, columns, a pediment and its long shadow."""
    _, _, ink, warm, cool = palette
    count, left, right = int(rng.integers(6, 9)), 330, 1270
    _disc(draw, float(rng.uniform(300, 1300)), 230, 150, (*warm, 130))
    draw.polygon(
        [_at(*p) for p in [(right, 740), (WIDTH, 860), (WIDTH, HEIGHT), (left, HEIGHT), (left, 740)]],
        fill=(*palette[0], 70),
    )
    draw.polygon([_at(*p) for p in [(left - 50, 340), (800, 180), (right + 50, 340)]], fill=(*ink, 235))
    draw.rectangle([_at(left - 50, 344), _at(right + 50, 384)], fill=(*cool, 235))
    gap = (right - left) / count
    for n in range(count):
        x = left + gap * n + gap * 0.24
        draw.rectangle([_at(x, 388), _at(x + gap * 0.52, 700)], fill=(*ink, 225))
        draw.rectangle([_at(x + gap * 0.36, 388), _at(x + gap * 0.52, 700)], fill=(*palette[1], 130))
    for step in range(4):
        draw.rectangle(
            [_at(left - 50 - step * 26, 702 + step * 26), _at(right + 50 + step * 26, 726 + step * 26)],
            fill=(*(ink if step % 2 else cool), 225),
        )


def draw_chamber(draw: ImageDraw.ImageDraw, palette: tuple[Colour, ...], rng: Rng) -> None:
    """The seats of a parliament, divided."""
    _, _, ink, warm, cool = palette
    split = rng.uniform(0.35, 0.65)
    for row in range(9):
        radius, seats = 220 + row * 62, 16 + row * 5
        for seat in range(seats):
            share = seat / (seats - 1)
            angle = math.pi * (1 - share)
            x, y = 800 + radius * math.cos(angle) * 1.04, 850 - radius * math.sin(angle) * 0.98
            empty = rng.random() < 0.06
            fill = ink if empty else warm if share < split else cool
            _disc(draw, x, y, 17, (*fill, 90 if empty else 235))
    draw.rounded_rectangle([_at(690, 770), _at(910, 900)], 14 * SCALE, fill=(*ink, 240))


def draw_rings(draw: ImageDraw.ImageDraw, palette: tuple[Colour, ...], rng: Rng) -> None:
    """Broken rings around a core, as the walls of a vault."""
    _, _, ink, warm, cool = palette
    cx, cy = rng.uniform(600, 1000), 450.0
    for n in range(11):
        radius, start = 90 + n * 46, rng.uniform(0, 360)
        box = [_at(cx - radius, cy - radius), _at(cx + radius, cy + radius)]
        for piece in range(int(rng.integers(2, 5))):
            begin = start + piece * 95
            fill = [(*ink, 210), (*warm, 220), (*cool, 220)][int(rng.integers(3))]
            draw.arc(box, begin, begin + rng.uniform(34, 84), fill=fill, width=round(rng.uniform(8, 22)) * SCALE)
    _disc(draw, cx, cy, 60, (*warm, 245))
    _disc(draw, cx, cy - 10, 17, (*palette[0], 255))
    draw.polygon(
        [_at(*p) for p in [(cx - 8, cy - 4), (cx + 8, cy - 4), (cx + 15, cy + 34), (cx - 15, cy + 34)]],
        fill=(*palette[0], 255),
    )


def draw_mesh(draw: ImageDraw.ImageDraw, palette: tuple[Colour, ...], rng: Rng) -> None:
    """A wall of cells in which some have been forced open."""
    _, _, ink, warm, cool = palette
    size = 54.0
    hole = (rng.uniform(400, 1200), rng.uniform(300, 600))
    for row in range(13):
        for column in range(20):
            x = column * size * 1.74 + (row % 2) * size * 0.87
            y = row * size * 1.5
            gone = math.dist((x, y), hole) < rng.uniform(60, 230)
            turn = rng.uniform(0, 0.6) if gone else 0.0
            reach = size * (0.5 if gone else 0.9)
            points = [
                (x + reach * math.sin(turn + n * math.pi / 3), y + reach * math.cos(turn + n * math.pi / 3))
                for n in range(6)
            ]
            fill = (*warm, 230) if gone else (*(cool if rng.random() < 0.2 else ink), int(rng.integers(60, 130)))
            draw.polygon([_at(*p) for p in points], fill=fill)


def draw_skyline(draw: ImageDraw.ImageDraw, palette: tuple[Colour, ...], rng: Rng) -> None:
    """A city of offices and data halls with lit windows."""
    _, _, ink, warm, cool = palette
    _disc(draw, float(rng.uniform(250, 1350)), 240, 120, (*warm, 170))
    for layer, (fill, tone) in enumerate([(cool, 120), (palette[0], 200), (ink, 235)]):
        x = -40.0
        while x < WIDTH:
            wide, tall = rng.uniform(70, 170), rng.uniform(180, 460) - layer * 60
            draw.rectangle([_at(x, HEIGHT - tall), _at(x + wide, HEIGHT)], fill=(*fill, tone))
            _draw_windows(draw, (x, wide, tall), (*warm, 190 if layer == 1 else 70), rng)
            x += wide + rng.uniform(-6, 26)


def _draw_windows(
    draw: ImageDraw.ImageDraw, house: tuple[float, float, float], fill: tuple[int, ...], rng: Rng
) -> None:
    x, wide, tall = house
    for wx in np.arange(x + 14, x + wide - 20, 22):
        for wy in np.arange(HEIGHT - tall + 18, HEIGHT - 30, 30):
            if rng.random() < 0.34:
                draw.rectangle([_at(wx, wy), _at(wx + 9, wy + 14)], fill=fill)


def draw_pylons(draw: ImageDraw.ImageDraw, palette: tuple[Colour, ...], rng: Rng) -> None:
    """Power lines over fields: what data halls live on."""
    _, _, ink, warm, cool = palette
    _disc(draw, float(rng.uniform(300, 1300)), 330, 170, (*warm, 150))
    for n in range(7):
        y = 560 + n * n * 8
        draw.polygon(
            [_at(*p) for p in [(0, y), (WIDTH, y - rng.uniform(-30, 60)), (WIDTH, HEIGHT), (0, HEIGHT)]],
            fill=(*(cool if n % 2 else palette[0]), 70),
        )
    feet = [(120, 640, 0.7), (560, 700, 0.95), (1080, 780, 1.25), (1560, 860, 1.6)]
    tips = []
    for x, y, size in feet:
        tall, half = 380 * size, 60 * size
        _line(draw, [(x - half, y), (x, y - tall), (x + half, y)], fill=(*ink, 240), width=4 * size)
        for part in (0.35, 0.55, 0.75, 0.9):
            reach = half * (1 - part)
            _line(
                draw, [(x - reach, y - tall * part), (x + reach, y - tall * part)], fill=(*ink, 220), width=2.4 * size
            )
        for arm in (0.72, 0.86):
            _line(
                draw,
                [(x - half * 1.5, y - tall * arm), (x + half * 1.5, y - tall * arm)],
                fill=(*ink, 240),
                width=3.4 * size,
            )
        tips.append([(x + side * half * 1.5, y - tall * arm) for arm in (0.72, 0.86) for side in (-1, 1)])
    for before, after in itertools.pairwise(tips):
        for (x1, y1), (x2, y2) in zip(before, after, strict=True):
            sag = [(x1 + (x2 - x1) * t, y1 + (y2 - y1) * t + 90 * t * (1 - t)) for t in np.linspace(0, 1, 24)]
            _line(draw, sag, fill=(*ink, 200), width=2)


MOTIFS: dict[str, Callable[[ImageDraw.ImageDraw, tuple[Colour, ...], Rng], None]] = {
    "candles": draw_candles,
    "chamber": draw_chamber,
    "chip": draw_chip,
    "columns": draw_columns,
    "mesh": draw_mesh,
    "network": draw_network,
    "pylons": draw_pylons,
    "ridges": draw_ridges,
    "rings": draw_rings,
    "skyline": draw_skyline,
    "waves": draw_waves,
}
