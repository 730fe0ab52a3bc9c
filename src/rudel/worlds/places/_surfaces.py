"""Pictures of walls, floors and ceilings, drawn from a generator."""

from __future__ import annotations

import cv2
import numpy as np

from rudel.worlds.things import _canvas as canvas
from rudel.worlds.things._body import Skin

Image = canvas.Image


def concrete(rng: np.random.Generator, width: int, height: int, grey: int = 142) -> Image:
    """Cast concrete: clouds, grain and pores; seamless to the sides."""
    image = canvas.blank(width, height, (grey, grey - 3, grey - 9))
    for coarse, strength in ((96, 7.0), (32, 5.0), (8, 3.5), (1, 4.0)):
        image = canvas.grain(image, rng, strength, coarse)
    for _ in range(width * height // 6000):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        canvas.dot(image, (float(x), float(y)), float(rng.uniform(0.6, 1.8)), (grey - 55, grey - 57, grey - 60))
    return image


def wall(rng: np.random.Generator, length_m: float, height_m: float, px_per_m: int = 128) -> Image:
    """A concrete wall with formwork joints, tie holes, streaks and a painted skirting, brightest in its middle.

    The brightness is that of a lamp under the ceiling in the middle of ``length_m``.
    """
    w, h = round(length_m * px_per_m), round(height_m * px_per_m)
    image = concrete(rng, w, h, 158)
    for k in range(round(length_m / 1.5)):
        x = k * 1.5 * px_per_m
        canvas.line(image, (x, 0), (x, h), 2, (112, 109, 104))
        for y in (0.25, 0.62):
            canvas.dot(image, (x + 0.4 * px_per_m, y * h), 4, (96, 94, 90))
            canvas.dot(image, (x + 1.1 * px_per_m, y * h), 4, (96, 94, 90))
    _streaks(image, rng, 9)
    canvas.plate(image, (0, round(h - 0.16 * px_per_m)), (w, h), (104, 106, 110))
    x, y = np.meshgrid((np.arange(w) + 0.5) / px_per_m - length_m / 2, (np.arange(h) + 0.5) / px_per_m)
    light = 0.62 + 0.38 / (1.0 + (x**2 + 0.6 * y**2) / 1.6)
    return np.clip(image * light[:, :, None], 0, 255).astype(np.uint8)


def floor(rng: np.random.Generator, px: int = 512) -> Image:
    """A worn concrete floor with stains, seamless."""
    image = concrete(rng, px, px, 118)
    stains = np.zeros((px, px), np.float32)
    for _ in range(7):
        centre = rng.uniform(0, px, 2)
        r = float(rng.uniform(10, 45))
        for dx in (-px, 0, px):
            for dy in (-px, 0, px):
                at = round(float(centre[0] + dx)), round(float(centre[1] + dy))
                cv2.circle(stains, at, round(r), float(rng.uniform(10, 22)) if dx == dy == 0 else 16.0, -1)
    stains = cv2.GaussianBlur(np.pad(stains, 40, mode="wrap"), (0, 0), 9)[40:-40, 40:-40]
    return np.clip(image - stains[:, :, None], 0, 255).astype(np.uint8)


def tiles(rng: np.random.Generator, px: int = 512, count: int = 4) -> Image:
    """Industrial floor tiles with joints."""
    image = canvas.grain(canvas.blank(px, px, (134, 128, 118)), rng, 4.0)
    step = px // count
    for j in range(count):
        for i in range(count):
            shade = int(rng.integers(-7, 8))
            cell = image[j * step : (j + 1) * step, i * step : (i + 1) * step]
            cell[:] = np.clip(cell.astype(int) + shade, 0, 255)
    for k in range(count):
        image[k * step : k * step + 3] = 92
        image[:, k * step : k * step + 3] = 92
    return image


def grating(px: int = 256) -> Image:
    """Steel bars over the dark, as seen from above."""
    image = canvas.blank(px, px, (18, 18, 19))
    for k in range(16):
        image[:, k * px // 16 : k * px // 16 + 5] = (118, 122, 126)
    for k in range(4):
        image[k * px // 4 : k * px // 4 + 6] = (92, 95, 99)
    return image


def cladding(rng: np.random.Generator, colour: canvas.Colour, px: int = 256) -> Image:
    """Corrugated sheet with upright ribs, seamless to the sides."""
    x = np.arange(px) * 2 * np.pi * 8 / px
    shade = (1.0 + 0.13 * np.tanh(2.5 * np.sin(x)))[None, :, None]
    image = np.clip(canvas.blank(px, px, colour) * shade, 0, 255).astype(np.uint8)
    return canvas.grain(image, rng, 2.0)


def stripes(px: int = 128) -> Image:
    """Yellow and black, seamless along x."""
    image = canvas.blank(px, px, (235, 190, 30))
    for x in range(-px, 2 * px, px // 2):
        corners = [(x, px), (x + px / 4, px), (x + px * 1.25, 0), (x + px, 0)]
        canvas.polygon(image, np.array(corners, np.float64), canvas.BLACK)
    return image


def sign(words: str, colour: canvas.Colour = (30, 70, 130)) -> Skin:
    """A sign with white letters; 4 by 1."""
    image = canvas.blank(512, 128, colour)
    canvas.plate(image, (6, 6), (505, 121), canvas.WHITE, 4)
    canvas.text(image, words, (256, 64), 62, canvas.WHITE, fit=460)
    return Skin(image=image, emission=0.3)


def _streaks(image: Image, rng: np.random.Generator, count: int) -> None:
    """Damp that has run down from joints."""
    h, w = image.shape[:2]
    veil = np.zeros((h, w), np.float32)
    for _ in range(count):
        x, width, length = float(rng.uniform(0, w)), float(rng.uniform(3, 14)), float(rng.uniform(0.3, 1.0)) * h
        corners = np.array([(x - width, 0), (x + width, 0), (x + 2, length), (x - 2, length)])
        cv2.fillPoly(veil, [np.round(corners).astype(np.int32)], float(rng.uniform(10, 26)))
    veil = cv2.GaussianBlur(veil, (0, 0), 5)
    image[:] = np.clip(image - veil[:, :, None] * (1.0, 1.05, 1.15), 0, 255).astype(np.uint8)
