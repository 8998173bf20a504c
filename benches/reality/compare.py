"""Real crops of sections against drawn training windows: a table, and a picture. Called by benches/reality.sh, which tells how."""

import argparse
import pathlib
import sys
import warnings


def skip(why):
    print(f"SKIPPED reality: {why}")
    sys.exit()


try:
    import numpy as np

    import drawn
    import picture
    import real
    from measures import NAMES, measure
except ImportError as missing:
    skip(f"this Python has no {missing.name}")

QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
RANGE = (0.01, 0.99)  # of the drawn windows: what lies beyond is outside
# What distances between crops are made of: measures that say different things.
TOGETHER = (
    "centroid", "bandwidth", "decay", "floor", "lag1", "lag4", "lag16", "dip50", "dip90", "coherence50", "coherence10", "signal", "kurtosis",
    "energy_depth", "energy_local",
)


class Measured:
    """Crops with what they measure: an array per key of NAMES."""

    def __init__(self, crops):
        self.crops = list(crops)
        found = [measure(crop.samples, crop.extent) for crop in self.crops]
        self.values = {key: np.array([one[key] for one in found], float) for key in NAMES}
        self.surveys = np.array([crop.survey for crop in self.crops])
        # Surveys count alike, however many crops they give.
        counted = np.array([crop.counted for crop in self.crops], float)
        self.weights = counted * np.array([1 / np.sum(self.surveys == survey) for survey in self.surveys])

    def names(self):
        return list(dict.fromkeys(self.surveys))

    def quantiles(self, key, shares):
        return weighted_quantiles(self.values[key], self.weights, shares)


def weighted_quantiles(values, weights, shares):
    there = np.isfinite(values) & (weights > 0)
    if not there.any():
        return np.full(len(shares), np.nan)
    order = np.argsort(values[there])
    values, weights = values[there][order], weights[there][order]
    return np.interp(shares, (np.cumsum(weights) - weights / 2) / weights.sum(), values)


def outside(values, weights, reference):
    """Shares below and above the RANGE of the reference; NaN where there is nothing to compare."""
    low, high = weighted_quantiles(reference, np.ones(len(reference)), RANGE)
    there = np.isfinite(values) & (weights > 0)
    if not there.any() or not np.isfinite(low):
        return np.nan, np.nan
    # Rounding of what is the same in all is not outside.
    slack = 1e-6 + 1e-4 * abs(high - low)
    total = weights[there].sum()
    return weights[there & (values < low - slack)].sum() / total, weights[there & (values > high + slack)].sum() / total


def number(value):
    return "-" if not np.isfinite(value) else f"{value:.3g}"


def percent(share):
    return "-" if not np.isfinite(share) else f"{100 * share:.0f}"


def heading(*columns, left=2):
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * left + "---:|" * (len(columns) - left))


def print_real(measured):
    shares = (0.01, *QUANTILES, 0.99)
    heading("Measure", "Unit", *(f"{share:.0%}" for share in shares))
    for key, (name, unit) in NAMES.items():
        print(f"| {name} | {unit} | " + " | ".join(map(number, measured.quantiles(key, shares))) + " |")


def print_comparison(measured, windows):
    heading(
        "Measure", "Unit", *(f"real {share:.0%}" for share in QUANTILES), *(f"drawn {share:.0%}" for share in QUANTILES),
        "**reality outside, %**", "below", "above",
    )
    for key, (name, unit) in NAMES.items():
        below, above = outside(measured.values[key], measured.weights, windows.values[key])
        cells = [number(value) for one in (measured, windows) for value in one.quantiles(key, QUANTILES)]
        print(f"| {name} | {unit} | " + " | ".join([*cells, f"**{percent(below + above)}**", percent(below), percent(above)]) + " |")


def print_surveys(classes):
    """Where each survey is outside, and on which side."""
    columns = [(survey, measured, windows) for measured, windows in classes for survey in measured.names()]
    heading("Measure", *(f"{survey} ({np.sum(measured.surveys == survey)})" for survey, measured, _ in columns), left=1)
    for key, (name, _) in NAMES.items():
        cells = []
        for survey, measured, windows in columns:
            below, above = outside(measured.values[key], (measured.surveys == survey).astype(float), windows.values[key])
            side = "" if not below + above > 0 else " low" if below > 2 * above else " high" if above > 2 * below else " both"
            cells.append(percent(below + above) + side)
        print(f"| {name} | " + " | ".join(cells) + " |")


def places(measured, windows):
    """Crops as points: TOGETHER, each in deviations of the drawn windows; what is unknown is as usual."""
    points = []
    for key in TOGETHER:
        low, middle, high = weighted_quantiles(windows.values[key], np.ones(len(windows.crops)), (0.16, 0.5, 0.84))
        points.append(np.nan_to_num(np.clip((measured.values[key] - middle) / max((high - low) / 2, 1e-6), -8, 8)))
    return np.array(points).T


def nearest(measured, windows):
    """Of each crop: the nearest drawn window, and its distance; of the drawn windows: the distances to the nearest other one."""
    ours, theirs = places(measured, windows), places(windows, windows)
    distances = np.linalg.norm(ours[:, None] - theirs[None], axis=2)
    among = np.linalg.norm(theirs[:, None] - theirs[None], axis=2)
    np.fill_diagonal(among, np.inf)
    return distances.argmin(axis=1), distances.min(axis=1), among.min(axis=1)


def print_nearest(classes):
    print(f"Distances in {len(TOGETHER)} of the measures together, each in deviations of the drawn windows. Far: farther from the nearest drawn")
    print("window than 99 % of the drawn windows are from theirs.\n")
    heading("Survey", "Crops", "far, %", "median distance", "the farthest", left=1)
    for measured, windows in classes:
        _, distances, among = nearest(measured, windows)
        limit = np.quantile(among, 0.99)
        for survey in measured.names():
            of_survey = np.flatnonzero(measured.surveys == survey)
            far = distances[of_survey]
            farthest = ", ".join(measured.crops[i].name for i in of_survey[np.argsort(-far)[:3]])
            print(f"| {survey} | {len(far)} | {percent(np.mean(far > limit))} | {np.median(far):.1f} | {farthest} |")
        size = windows.crops[0].samples.shape[0]
        print(f"| drawn, {size} x {size} | {len(among)} | 1 | {np.median(among):.1f} | |")


def main():
    parser = argparse.ArgumentParser(
        prog="benches/reality.sh", description="Compares crops of real sections with drawn training windows.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("drawn", nargs="?", help="folder with images/NAME.png and masks/NAME.png; without it, only reality is measured")
    parser.add_argument("--data", type=pathlib.Path, default="../shared/data", metavar="FOLDER", help="sections/, segy/ and tgs/train.tar")
    parser.add_argument("--windows", type=int, default=1000, metavar="N", help="drawn windows to measure, at most")
    parser.add_argument("--tiles", type=int, default=400, metavar="N", help="TGS tiles to measure")
    parser.add_argument("--picture", type=pathlib.Path, default="target/reality.png", metavar="FILE.png", help="for distributions; crops go to FILE-gallery.png")
    chosen = parser.parse_args()
    if not chosen.data.is_dir():
        skip(f"{chosen.data} is not there")
    warnings.simplefilter("ignore", RuntimeWarning)  # of crops without variation: their figures are NaN, as they should be

    crops = [*real.pictures(chosen.data / "sections"), *real.segy(chosen.data / "segy")]
    archive = chosen.data / "tgs" / "train.tar"
    classes = [Measured(crops), Measured(real.tiles(archive, chosen.tiles) if archive.exists() else [])]
    titles = [f"Surveys, crops of {real.SIDE} x {real.SIDE}", f"TGS tiles, {real.TILE} x {real.TILE}"]
    windows = [None, None]
    if chosen.drawn:
        whole = list(drawn.windows(chosen.drawn, chosen.windows))
        if len(whole) < 100:
            sys.exit(f"reality: error: {chosen.drawn}/images holds {len(whole)} windows with something to see, expected 100 or more")
        windows = [Measured(whole), Measured(drawn.tiles(whole))]

    there = [index for index in (0, 1) if classes[index].crops]
    if not there:
        skip(f"{chosen.data} holds no sections, SEG-Y files or tiles")
    for index in there:
        measured = classes[index]
        counted = ", ".join(dict.fromkeys(crop.survey for crop in measured.crops if crop.counted))
        print(f"\n## {titles[index]}\n\n{int(np.sum(measured.weights > 0))} crops of {counted}; surveys count alike.", end=" ")
        if windows[index]:
            print(f"{len(windows[index].crops)} drawn windows{', a part of each' if index else ''}.\n")
            print_comparison(measured, windows[index])
        else:
            print("\n")
            print_real(measured)
    pairs = [(classes[index], windows[index]) for index in there]
    if chosen.drawn:
        print("\n## Reality outside by survey, %\n\nlow, high: on which side. In brackets: crops.\n")
        print_surveys(pairs)
        print("\n## All measures together\n")
        print_nearest(pairs)

    chosen.picture.parent.mkdir(parents=True, exist_ok=True)
    gallery = chosen.picture.with_name(f"{chosen.picture.stem}-gallery{chosen.picture.suffix}")
    picture.draw_distributions(pairs, chosen.picture)
    matches = [nearest(*pair)[0] if chosen.drawn else None for pair in pairs]
    picture.draw_gallery(pairs, matches, chosen.drawn, gallery)
    print(f"\nPicture: {chosen.picture}. {gallery} shows crops of data that is not ours to publish.")


if __name__ == "__main__":
    main()
