"""Drawn training windows: a folder with images/NAME.png and masks/NAME.png, 8-bit grey, 128 is zero amplitude."""

import pathlib
import zlib

import numpy as np
from PIL import Image

from measures import amplitude_range
from real import GREYS, TILE, Crop, grey


def windows(folder, count):
    """The first `count`, by name; those with nothing to see are left out."""
    folder = pathlib.Path(folder)
    paths = sorted((folder / "images").glob("*.png"))
    for path in paths[:count]:
        samples = grey(path)
        if amplitude_range(samples):
            yield Crop("drawn", path.stem, samples, GREYS)


def tiles(crops):
    """A part of TGS tiles' size from somewhere in each window."""
    for crop in crops:
        row, column = (zlib.crc32(f"{crop.name} {axis}".encode()) % max(1, size - TILE) for axis, size in enumerate(crop.samples.shape))
        samples = crop.samples[row : row + TILE, column : column + TILE]
        if amplitude_range(samples):
            yield Crop("drawn", f"{crop.name} {column},{row}", samples, GREYS)


def mask(folder, name):
    """Where salt was drawn; None without a mask."""
    path = pathlib.Path(folder) / "masks" / f"{name}.png"
    return np.asarray(Image.open(path).convert("L")) > 0 if path.exists() else None
