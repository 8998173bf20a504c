"""What real and drawn crops measure, beside each other; and a gallery of both."""

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib import pyplot as plt

import drawn
from measures import NAMES, amplitude_range, scaled

PANELS, COLUMNS = 5, 6  # side by side: measures, crops
WHISKERS = (1, 25, 50, 75, 99)  # per cent
REAL_COLOUR, DRAWN_COLOUR = "#c2410c", "#2563eb"


def draw_distributions(classes, path):
    """A panel per measure, a box per survey. `classes`: real crops, and the drawn ones to compare them with or None, by size."""
    rows = -(-len(NAMES) // PANELS)
    lines = sum(len(real.names()) + (made is not None) for real, made in classes)
    figure, axes = plt.subplots(rows, PANELS, squeeze=False, figsize=(20, rows * (0.7 + 0.17 * lines)), layout="constrained")
    for index, key in enumerate(NAMES):
        distributions(axes.flat[index], classes, key, labels=index % PANELS == 0)
    for axis in axes.flat[len(NAMES) :]:
        axis.axis("off")
    compared = any(made is not None for _, made in classes)
    note = f"Boxes: quarters; whiskers: {WHISKERS[0]} % and {WHISKERS[-1]} %" + ("; bands: the drawn windows' range at that size" if compared else "")
    figure.suptitle(note, fontsize=11)
    save(figure, path)


def save(figure, path):
    figure.savefig(path, dpi=100)
    plt.close(figure)


def distributions(axis, classes, key, labels):
    stats, colours, names, bands = [], [], [], []
    for real, made in classes:
        first = len(stats)
        if made is not None:
            side = made.crops[0].samples.shape[0]
            add(stats, made.values[key], DRAWN_COLOUR, colours, names, f"drawn, {side}")
        for survey in real.names():
            add(stats, real.values[key][real.surveys == survey], REAL_COLOUR, colours, names, survey)
        if made is not None:
            bands.append((first, len(stats), stats[first]["whislo"], stats[first]["whishi"]))
    positions = -np.arange(len(stats))
    boxes = axis.bxp(
        stats, positions=positions, orientation="horizontal", showfliers=False, patch_artist=True, widths=0.65,
        medianprops={"color": "black"}, manage_ticks=False,
    )
    for box, colour in zip(boxes["boxes"], colours):
        box.set(facecolor=colour, alpha=0.75)
    for first, last, low, high in bands:
        axis.fill_betweenx([0.5 - first, 0.5 - last], low, high, color=DRAWN_COLOUR, alpha=0.12, linewidth=0)
    limit(axis, classes, key)
    name, unit = NAMES[key]
    axis.set_title(name.replace("Spectrum", "Sp."), fontsize=9)
    axis.set_xlabel(unit, fontsize=7, labelpad=1)
    axis.set_ylim(0.6 - len(stats), 0.6)
    axis.set_yticks(positions, names if labels else [""] * len(names), fontsize=8)
    axis.tick_params(axis="x", labelsize=7)
    axis.grid(axis="x", alpha=0.3)


def add(stats, values, colour, colours, names, name):
    """A box; without anything that was measured, an empty one."""
    values = values[np.isfinite(values)]
    low, first, middle, third, high = np.percentile(values, WHISKERS) if values.size else [np.nan] * 5
    stats.append({"whislo": low, "q1": first, "med": middle, "q3": third, "whishi": high})
    colours.append(colour)
    names.append(name)


def limit(axis, classes, key):
    """The axis shows what counts: surveys that do not may be off the panel."""
    shown = [measured.values[key][measured.weights > 0] for pair in classes for measured in pair if measured is not None]
    shown = [values[np.isfinite(values)] for values in shown]
    low = min((np.percentile(values, WHISKERS[0]) for values in shown if values.size), default=0)
    high = max((np.percentile(values, WHISKERS[-1]) for values in shown if values.size), default=0)
    margin = 0.08 * (high - low) or 0.01
    axis.set_xlim(low - margin, high + margin)


def draw_gallery(classes, matches, folder, path):
    """Real crops, surveys taking turns, tiles last; below each the drawn window nearest to it, by `matches`; then drawn windows as they come."""
    rows = []
    for line in real_lines(classes, 2 if folder else 6):
        rows.append([(classes[index][0].crops[i], REAL_COLOUR, "", None) for index, i in line])
        if folder:
            nearest = [(index, classes[index][1].crops[matches[index][i]]) for index, i in line]
            rows.append([(crop, DRAWN_COLOUR, "nearest: ", None if index else folder) for index, crop in nearest])
    if folder:
        made = classes[0][1].crops
        chosen = [made[i] for i in np.linspace(0, len(made) - 1, 2 * COLUMNS).astype(int)]
        rows += [[(crop, DRAWN_COLOUR, "", folder) for crop in chosen[begin : begin + COLUMNS]] for begin in (0, COLUMNS)]
    figure, axes = plt.subplots(len(rows), COLUMNS, squeeze=False, figsize=(20, 3.5 * len(rows)))
    for axis in axes.flat:
        axis.axis("off")
    for line, row in zip(axes, rows):
        for axis, (crop, colour, how, masks) in zip(line, row):
            show(axis, crop, colour, how, masks)
    figure.subplots_adjust(left=0.005, right=0.995, top=1 - 0.25 / (3.5 * len(rows)), bottom=0.003, hspace=0.07, wspace=0.02)
    save(figure, path)


def real_lines(classes, lines):
    """Which real crops to show, as (class, index) in rows: sections, and tiles for a quarter."""
    orders = [[(index, i) for i in spread(real)] for index, (real, _) in enumerate(classes)]
    total = lines * COLUMNS
    tiles = total // 4 if len(orders) > 1 else 0
    chosen = [*orders[0][: total - tiles], *(orders[1][:tiles] if tiles else [])]
    return [chosen[begin : begin + COLUMNS] for begin in range(0, len(chosen), COLUMNS)]


def show(axis, crop, colour, how, masks):
    axis.imshow(scaled(crop.samples, amplitude_range(crop.samples)), cmap="gray", vmin=-1, vmax=1, aspect="auto", interpolation="antialiased")
    salt = drawn.mask(masks, crop.name) if masks else None
    if salt is not None and salt.any() and not salt.all():
        axis.contour(salt, levels=[0.5], colors="red", linewidths=0.8)
    name = crop.name if crop.name.startswith(crop.survey) else f"{crop.survey} {crop.name}"
    axis.set_title(how + name, fontsize=9, color=colour, pad=2)


def spread(real):
    """Indices, taking turns among surveys, of crops spread evenly over each."""
    turns = []
    for survey in real.names():
        of_survey = np.flatnonzero(real.surveys == survey)
        # Wider than tall tells nothing to the eye.
        if real.crops[of_survey[0]].samples.shape[1] < 64:
            continue
        order = np.random.default_rng(1).permutation(of_survey)
        turns += [(turn, survey, i) for turn, i in enumerate(order)]
    return [i for _, _, i in sorted(turns, key=lambda one: one[0])]
