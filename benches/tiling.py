"""Tilings on mosaics of TGS tiles, by the built-in model through the C interface. Called by benches/tiling.sh, which tells of the variables.

python3 tiling.py LIBDIAPIR.so

A mosaic is a vertical section put together from tiles that were neighbours. Only those count of which the model has seen no tile, and at least
two tiles have masks.
"""

import csv
import ctypes
import json
import os
import pathlib
import sys
import time
from ctypes import byref, c_char_p, c_double, c_float, c_int32, c_int64, c_size_t, c_uint32, c_void_p


def skip(why):
    print(f"SKIPPED real tiles: {why}")
    sys.exit()


try:
    import numpy as np
    from PIL import Image
except ImportError as missing:
    skip(f"this Python has no {missing.name}")

SIDE = 101  # of a tile
INSIDE, FLAT, GAUSSIAN, METRES = 1, 1, 2, 2  # diapir_edge, diapir_window, diapir_sample_unit

# The options as the command line has them, and as fields of diapir_predict_options.
ALONE = {"overlap": 0, "edge": INSIDE}
OPTIONS = {
    "each tile alone": ALONE,
    "`--overlap 51`": {"overlap": 51},
    "`--overlap 32`": {"overlap": 32},
    "`--overlap 17`": {"overlap": 17},
    "`--overlap 32 --flip`": {"overlap": 32, "flip": 1},
    "`--overlap 51 --flip`": {"overlap": 51, "flip": 1},
    "`--tile 229 --overlap 32`": {"tile": 229, "overlap": 32},
    "`--tile 485 --overlap 32`": {"tile": 485, "overlap": 32},
    "`--tile section`": {"tile": -1},
    "`--overlap 32 --window flat`": {"overlap": 32, "window": FLAT},
    "`--overlap 32 --window gaussian`": {"overlap": 32, "window": GAUSSIAN},
}


def main():
    tgs = pathlib.Path(os.environ.get("TGS_FOLDER", "target/tgs"))
    more = pathlib.Path(os.environ.get("TEST_FOLDER", "target/tgs-test/test/images"))
    table = pathlib.Path(os.environ.get("MOSAICS", "target/bg/mosaics.csv"))
    folds = pathlib.Path(os.environ.get("FOLDS", "target/bg/cv/fold-0/folds.json"))
    for path in (tgs / "train/images", tgs / "train/masks", tgs / "depths.csv", table, folds):
        if not path.exists():
            skip(f"{path} is not there")
    library = Library(sys.argv[1])
    # The folds may be those of another training: its record beside them tells.
    record, trained = folds.with_name("run.json"), library.info["training"]["data_hash"]
    if record.exists() and json.loads(record.read_text())["data"]["training_sha256"] != trained:
        skip(f"{folds} is not of the training that the built-in model is from")
    mosaics = read_mosaics(tgs, more, table, set(json.loads(folds.read_text())["0"]))[: int(os.environ.get("LIMIT", 120))]
    if not mosaics:
        skip(f"no mosaic in {table} has two tiles with masks that the built-in model has not seen")

    threshold = library.info["threshold"]
    tiles, labelled = sum(m.there.sum() for m in mosaics), sum(m.labelled.sum() for m in mosaics)
    print(
        f"{len(mosaics)} mosaics of {tiles} tiles, {labelled} of them with masks; {library.info['precision']}, threshold {threshold:g}.\n"
        "Pixel IoU and score (mean precision over IoU 0.50 to 0.95, mean over tiles) are those of the tiles with masks; the seam figure is\n"
        "that at the joints of the mosaics' tiles, every 101 pixels, in all options. Each tile of the challenge was stretched to its own\n"
        "black and white, so brightness jumps at joints, and masks were drawn tile by tile: only the first line sees what the network was\n"
        "trained on. The others compare with each other.\n"
    )
    print("| Options | Million samples/s | Pixel IoU | Score per tile | Seam figure |\n|---|---:|---:|---:|---:|", flush=True)
    library.predict(mosaics[0].image, mosaics[0].depth, {})  # warms up
    for name, options in OPTIONS.items():
        begin = time.perf_counter()
        predict = alone if options is ALONE else together
        found = [predict(library, mosaic, options) for mosaic in mosaics]
        seconds = time.perf_counter() - begin
        samples = tiles * SIDE**2 if options is ALONE else sum(m.image.size for m in mosaics)
        pairs = [pair for mosaic, p in zip(mosaics, found) for pair in mosaic.pairs(p > threshold)]
        iou = sum((a & b).sum() for a, b in pairs) / sum((a | b).sum() for a, b in pairs)
        score = sum(precision(a, b) for a, b in pairs) / len(pairs)
        joints = seam([(p, m.there) for p, m in zip(found, mosaics)])
        print(f"| {name} | {samples / 1e6 / seconds:.2f} | {iou:.4f} | {score:.4f} | {joints:.2f} |", flush=True)


def cell(row, column):
    """The pixels of a tile."""
    return np.s_[row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE]


class Mosaic:
    """Grey values 0 to 255, masks, and which tiles are there (rows x columns)."""

    def __init__(self, places, images, masks, depths):
        rows, columns = (1 + max(place[axis] for place in places.values()) for axis in (0, 1))
        self.image = np.zeros((rows * SIDE, columns * SIDE), np.float32)
        self.masks = np.zeros(self.image.shape, bool)
        self.there, self.labelled = np.zeros((rows, columns), bool), np.zeros((rows, columns), bool)
        self.depths = np.zeros((rows, columns))
        for tile, place in places.items():
            if tile in images:
                self.image[cell(*place)] = picture(images[tile])
                self.there[place], self.depths[place] = True, depths.get(tile, 0.0)
            if tile in masks:
                self.masks[cell(*place)] = picture(masks[tile]) > 0
                self.labelled[place] = True
        self.depth = self.depths[self.there].mean()
        # A missing tile is the mirror image of the nearest that is there. Surveys have no such holes, and whatever is black or grey all over
        # looks like salt to the network: the figures would tell more of the holes than of the tiling.
        there = np.argwhere(self.there)
        for place in np.argwhere(~self.there):
            nearest = there[np.abs(there - place).sum(axis=1).argmin()]
            down, right = np.where((nearest - place) % 2, -1, 1)
            self.image[cell(*place)] = self.image[cell(*nearest)][::down, ::right]

    def pairs(self, salt):
        """Predicted and true masks of the tiles that have one."""
        return [(salt[cell(*place)], self.masks[cell(*place)]) for place in np.argwhere(self.labelled)]


def read_mosaics(tgs, more, table, unseen):
    images = {path.stem: path for folder in (more, tgs / "train/images") for path in folder.glob("*.png")}
    masks = {path.stem: path for path in (tgs / "train/masks").glob("*.png")}
    with open(tgs / "depths.csv", newline="") as file:
        depths = {line["id"]: float(line["z"]) for line in csv.DictReader(file)}
    groups = {}
    with open(table, newline="") as file:
        for line in csv.DictReader(file):
            groups.setdefault(line["group"], {})[line["id"]] = (int(line["row"]), int(line["column"]))
    # Labelled tiles that are not in the fold may have been trained on: no mosaic with one of them.
    good = [places for places in groups.values() if len(masks.keys() & places) >= 2 and masks.keys() & places <= unseen]
    return [Mosaic(places, images, masks, depths) for places in good]


def picture(path):
    return np.asarray(Image.open(path).convert("L"))


def together(library, mosaic, options):
    return library.predict(mosaic.image, mosaic.depth, options)


def alone(library, mosaic, options):
    """One section per tile, as in the competition."""
    found = np.zeros(mosaic.image.shape, np.float32)
    for place in map(tuple, np.argwhere(mosaic.there)):
        found[cell(*place)] = library.predict(mosaic.image[cell(*place)], mosaic.depths[place], options)
    return found


def precision(salt, mask):
    """How many of the IoU thresholds 0.50, 0.55 .. 0.95 are exceeded, of one; 1 if both are empty."""
    either = int((salt | mask).sum())
    both = int((salt & mask).sum())
    return sum(20 * both > k * either for k in range(10, 20)) / 10 if either else 1.0


def seam(sections):
    """The mean difference of neighbours across the joints over that elsewhere, each axis compared with itself; the tiles of both must be there.
    The library's figure (src/metrics/seam.rs), but at the joints of the mosaic's tiles."""
    found = expected = 0.0
    for axis in (0, 1):
        sums, counts = np.zeros(2), np.zeros(2)
        for values, there in sections:
            if axis:
                values, there = values.T, there.T
            there = there.repeat(SIDE, 0).repeat(SIDE, 1)
            changes = np.abs(np.diff(values.astype(np.float64), axis=0))
            valid = there[1:] & there[:-1]
            joint = np.arange(1, len(values)) % SIDE == 0
            for side, rows in enumerate((~joint, joint)):
                sums[side] += changes[rows][valid[rows]].sum()
                counts[side] += valid[rows].sum()
        found += sums[1]
        expected += counts[1] * sums[0] / counts[0]
    return found / expected


class ModelOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_uint32), ("device", c_char_p), ("precision", c_char_p), ("batch", c_int32), ("deterministic", c_int32)]


class PredictOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        *((name, c_int32) for name in "sections fusion tile overlap edge window flip dropout_passes predict_blank".split()),
        ("more_models", c_void_p),
        ("more_model_count", c_size_t),
        *((name, c_int32) for name in "sample_format uncertainty mask".split()),
        ("mask_threshold", c_float),
        *((name, c_int32) for name in "resume part part_count".split()),
    ]


class Section(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("samples", c_void_p),
        *((name, c_int64) for name in "trace_count sample_count trace_stride sample_stride".split()),
        ("live", c_void_p),
        ("sample_first", c_double),
        ("sample_interval", c_double),
        ("sample_unit", c_int32),
        ("amplitude_low", c_float),
        ("amplitude_high", c_float),
    ]


class Library:
    """libdiapir with the built-in model on the CPU."""

    def __init__(self, path):
        # Cores may be shared: OpenMP's threads shall not spin. It reads this when it is loaded.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        self.c = ctypes.CDLL(os.path.abspath(path))
        self.c.diapir_error_message.argtypes, self.c.diapir_error_message.restype = [c_void_p], c_char_p
        self.c.diapir_error_free.argtypes, self.c.diapir_error_free.restype = [c_void_p], None
        self.model = c_void_p()
        options = self.prepared(ModelOptions, "model_options", device=b"cpu")
        self.call("model_load_builtin", c_char_p(b"tgs"), byref(options), byref(self.model))
        needed = c_size_t()
        self.c.diapir_model_info_json(self.model, None, c_size_t(0), byref(needed), None)
        text = ctypes.create_string_buffer(needed.value)
        self.call("model_info_json", self.model, text, c_size_t(len(text)), None)
        self.info = json.loads(text.value)

    def call(self, name, *arguments):
        """Every function takes the place for an error last."""
        error = c_void_p()
        if getattr(self.c, f"diapir_{name}")(*arguments, byref(error)) != 0:
            message = self.c.diapir_error_message(error).decode()
            self.c.diapir_error_free(error)
            sys.exit(f"tiling: error: {name}: {message}")

    def prepared(self, kind, name, **fields):
        """A struct with its defaults, then `fields`."""
        struct = kind()
        if getattr(self.c, f"diapir_{name}_init")(byref(struct), c_size_t(ctypes.sizeof(kind))) != 0:
            sys.exit(f"tiling: error: this library has another struct diapir_{name}")
        for field, value in fields.items():
            setattr(struct, field, value)
        return struct

    def predict(self, image, depth, options):
        """The probabilities of a section, given as samples x traces."""
        traces = np.ascontiguousarray(image.T, np.float32)
        found = np.empty_like(traces)
        # Grey values 0 to 255 were -1 to 1 in training. The built-in model has no channel of depth; if one had, it would know a single depth of
        # each tile, hence a section that hardly gets deeper: the tile's own, or the mean of the mosaic's.
        section = self.prepared(
            Section, "section", samples=traces.ctypes.data, trace_count=traces.shape[0], sample_count=traces.shape[1],
            sample_first=float(depth), sample_interval=1e-6, sample_unit=METRES, amplitude_low=0.0, amplitude_high=255.0,
        )
        options = self.prepared(PredictOptions, "predict_options", **options)
        result = c_void_p(found.ctypes.data)
        self.call("predict_section", self.model, byref(section), byref(options), None, result, None, c_size_t(found.size))
        return found.T


if __name__ == "__main__":
    main()
