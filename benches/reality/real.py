"""Crops of real sections: pictures with salt, SEG-Y, TGS tiles. Facts of the files are in ../shared/data/README.md and sections/README.md."""

import io
import json
import pathlib
import tarfile
from dataclasses import dataclass

import numpy as np
import segyio
from PIL import Image

from measures import amplitude_range, dead_samples

SIDE = 256  # of a crop, where the data allow it
TILE = 101  # of a TGS tile
ZERO, GREYS = 128, (-128, 127)  # zero amplitude in 8-bit pictures, and what amplitudes they hold


@dataclass
class Crop:
    """`samples` x traces, raw; `extent` is the amplitude range that a network would be shown it with: that of the whole section."""

    survey: str
    name: str
    samples: np.ndarray
    extent: tuple
    counted: bool = True  # in the pooled figures


def starts(count, side):
    """Where crops begin: spread evenly, overlapping by at most a half."""
    if count <= side:
        return [0]
    return np.linspace(0, count - side, max(2, round((count - side) / (0.75 * side)) + 1)).astype(int)


def cut(survey, name, section, side=SIDE, counted=True):
    section = np.nan_to_num(np.asarray(section, np.float32))
    extent = amplitude_range(section)
    if extent is None:
        return
    for row in starts(section.shape[0], side):
        for column in starts(section.shape[1], side):
            crop = section[row : row + side, column : column + side]
            # A crop that is mostly mute says nothing but that.
            if dead_samples(crop).mean() < 0.75 and amplitude_range(crop):
                yield Crop(survey, f"{name} {column},{row}", crop, extent, counted)


def pictures(folder):
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        about = json.loads(path.read_text())
        yield from cut(about["group"], path.stem, grey(path.with_suffix(".png")), counted=about["kind"] == "real")


def traces(path):
    """All traces of a SEG-Y file, samples x traces."""
    with segyio.open(str(path), ignore_geometry=True) as file:
        return file.trace.raw[:].T


# Post-stack files: name, survey, whether it counts (those with few traces tell only of depth).
POSTSTACK = (
    ("npra_31-81_2d.sgy", "npra", True),
    ("E5_MIG_DMO_FINAL_DEPTH.sgy", "kevitsa", True),
    ("volve10r12-full-twt-arb.sgy", "volve", True),
)
VOLUMES = (("F3_very_small.sgy", "f3 (11 traces)", 11, False),)


def segy(folder):
    folder = pathlib.Path(folder)
    for name, survey, counted in POSTSTACK:
        if (folder / name).exists():
            yield from cut(survey, name, traces(folder / name), counted=counted)
    for name, survey, width, counted in VOLUMES:
        if (folder / name).exists():
            all_traces = traces(folder / name)
            for line in range(0, all_traces.shape[1] // width, 5):
                yield from cut(survey, f"{name} line {line}", all_traces[:, line * width : (line + 1) * width], counted=counted)


def grey(file):
    """A picture's amplitudes: 128 is zero."""
    return np.asarray(Image.open(file).convert("L"), np.float32) - ZERO


def tiles(archive, count, seed=0):
    """TGS tiles, drawn at random; those of one grey are left out."""
    random = np.random.default_rng(seed)
    with tarfile.open(archive) as tar:
        members = sorted((m for m in tar.getmembers() if "/images/" in m.name and m.name.endswith(".png")), key=lambda m: m.name)
        taken = 0
        for index in random.permutation(len(members)):
            samples = grey(io.BytesIO(tar.extractfile(members[index]).read()))
            if taken < count and samples.std() >= 2:
                taken += 1
                yield Crop("tgs", pathlib.Path(members[index].name).stem, samples, GREYS)
