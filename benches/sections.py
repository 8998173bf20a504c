"""Scores predictions of real sections of which parts are known to be salt or not to be; called by benches/sections.sh, which tells how.

A folder of sections holds NAME.png (8-bit grey, 128 is zero amplitude, rows are samples) and NAME.json (where the section is from, and polygons
in pixels). Polygons are painted in the order not_salt, unsure, salt; what ends as salt or as not salt counts, all else does not.
recall: found of what is salt for sure. false: marked of what is not salt for sure. IoU: of both regions together.
"""

import argparse
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile


def skip(why):
    print(f"SKIPPED real sections: {why}")
    sys.exit()


try:
    import numpy as np
    import segyio
    from PIL import Image, ImageDraw, ImageFont
except ImportError as missing:
    skip(f"this Python has no {missing.name}")

NOT_SALT, SALT = 1, 2
SHEET, GAP, CAPTION = 1600, 14, 46  # pixels
ROW_HEIGHT = 370  # what pictures in a row of the sheet are scaled to before the row is stretched to the sheet's width
THRESHOLDS = 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6
RECALL, FALSE = 0.90, 0.01  # at least, at most, in a section: what a good model keeps to
PROBABILITY, MARKED, SURE_SALT, SURE_NOT = (255, 140, 0), (255, 225, 0), (235, 20, 60), (0, 150, 255)


class Section:
    def __init__(self, path, fair):
        self.name, self.about = path.stem, json.loads(path.read_text())
        self.grey = np.asarray(Image.open(path.with_suffix(".png")).convert("L"))
        self.amplitudes = self.grey.astype(np.float32) - self.about.get("zero", 128)
        self.labels = regions(self.about["polygons"], self.grey.shape)
        self.group = self.about.get("group", self.name)  # sections of one survey
        self.real = self.about.get("kind") == "real"
        self.fair = fair.get(self.name)
        self.has_salt = bool((self.labels == SALT).any())


def regions(polygons, shape):
    image = Image.new("L", shape[::-1])
    draw = ImageDraw.Draw(image)
    for key, value in (("not_salt", NOT_SALT), ("unsure", 0), ("salt", SALT)):
        for polygon in polygons[key]:
            if len(polygon) > 2:
                draw.polygon([tuple(point) for point in polygon], fill=value, outline=value)
    return np.asarray(image)


def marked_fair(folder, names):
    """What the README's table says of the sections: True (fair), False (not fair); nothing of the others. `a_il100, il200` are two names."""
    readme, marks = folder / "README.md", {}
    for line in readme.read_text().splitlines() if readme.exists() else ():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) < 3 or "fair" not in line:
            continue
        for item in cells[1].split(", "):
            stem = cells[1].split(", ")[0].rsplit("_", 1)[0]
            for name in {item, f"{stem}_{item}"} & names:
                marks[name] = "not fair" not in line
    return marks


def read_sections(folder, wanted):
    paths = {path.stem: path for path in sorted(folder.glob("*.json")) if path.with_suffix(".png").exists()}
    if unknown := set(wanted) - paths.keys():
        sys.exit(f"sections: error: {folder} has no {', '.join(sorted(unknown))}; it has {', '.join(paths)}")
    fair = marked_fair(folder, paths.keys())
    return [Section(path, fair) for name, path in paths.items() if name in wanted or not wanted]


def write_segy(section, path):
    """One inline of traces 25 m apart."""
    interval = section.about.get("sample_interval_ms_written", 4)
    traces = np.ascontiguousarray(section.amplitudes.T)
    spec = segyio.spec()
    spec.format, spec.sorting = 5, segyio.TraceSortingFormat.INLINE_SORTING
    spec.samples = np.arange(traces.shape[1]) * interval
    spec.ilines, spec.xlines = [1000], np.arange(1, len(traces) + 1)
    with segyio.create(str(path), spec) as file:
        for number, trace in enumerate(traces, 1):
            x, y = 10 * (500000 + 25 * (number - 1)), 10 * 6000000
            file.header[number - 1] = {
                segyio.su.iline: 1000, segyio.su.xline: number, segyio.su.cdpx: x, segyio.su.cdpy: y, segyio.su.sx: x, segyio.su.sy: y,
                segyio.su.scalco: -10, segyio.su.ns: len(trace), segyio.su.dt: int(1000 * interval), segyio.su.trid: 1,
            }
            file.trace[number - 1] = trace
        file.bin.update(hdt=int(1000 * interval), hns=traces.shape[1], format=5, tsort=2)
        file.text[0] = segyio.tools.create_text_header({1: "A SECTION FROM A PICTURE"})


def read_segy(path):
    """A probability of any format that `predict` writes, samples x traces."""
    with segyio.open(str(path), ignore_geometry=True) as file:
        whole = {3: 32767, 8: 127}.get(int(file.format), 1)
        return np.asarray(file.trace.raw[:], np.float32).T / whole


def predict(program, section, model, options, folder):
    """The probability and the seconds that the program says it took."""
    survey, found = folder / f"{section.name}.sgy", folder / f"{section.name}-probability.sgy"
    write_segy(section, survey)
    command = [program, "predict", *options, *model, survey, "--output", found, "--json", "--quiet"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"sections: error: `{shlex.join(map(str, command))}` failed: {done.stdout.strip()}")
    return read_segy(found), json.loads(done.stdout)["report"]["seconds_total"]


def own_threshold(program, model):
    done = subprocess.run([program, "model", "info", *model, "--json", "--quiet"], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"sections: error: the model cannot be read: {done.stdout.strip()}")
    return json.loads(done.stdout)["model"]["threshold"]


def from_npy(folder, section):
    path = folder / f"{section.name}.npy"
    return np.load(path).astype(np.float32) if path.exists() else None


def ratio(part, whole):
    return float(part / whole) if whole else None


def score(section, probability, threshold):
    salt, sure, sure_not = probability > threshold, section.labels == SALT, section.labels == NOT_SALT
    hits, alarms = int((salt & sure).sum()), int((salt & sure_not).sum())
    return {
        "section": section.name,
        "survey": section.group,
        "real": section.real,
        "fair": section.fair,
        "salt_samples": int(sure.sum()),
        "not_salt_samples": int(sure_not.sum()),
        "recall": ratio(hits, sure.sum()),
        "false": ratio(alarms, sure_not.sum()),
        "iou": ratio(hits, sure.sum() + alarms) if section.has_salt else None,
    }


def mean(rows, key):
    values = [row[key] for row in rows if row[key] is not None]
    return float(np.mean(values)) if values else None


def summarize(rows):
    """Means over sections; that of IoU over surveys too, each survey alike."""
    salt = [row for row in rows if row["salt_samples"]]
    selections = {
        "all": rows,
        "with salt": salt,
        "with salt, real": [row for row in salt if row["real"]],
        "with salt, without those marked not fair": [row for row in salt if row["fair"] is not False],
        "marked fair": [row for row in rows if row["fair"]],
        "without salt": [row for row in rows if not row["salt_samples"]],
    }
    found = []
    for name, chosen in selections.items():
        if chosen:
            surveys = {}
            for row in chosen:
                surveys.setdefault(row["survey"], []).append(row)
            ious = [{"iou": mean(of_survey, "iou")} for of_survey in surveys.values()]
            means = {key: mean(chosen, key) for key in ("recall", "false", "iou")}
            found.append({"sections": len(chosen), "mean": name, **means, "iou_of_surveys": mean(ious, "iou")})
    return found


def print_thresholds(sections, probabilities):
    """How much hangs on the threshold."""
    print("\n| Threshold | Recall | False | IoU | Largest share false |\n|---:|---:|---:|---:|---:|")
    for threshold in THRESHOLDS:
        rows = [score(section, probabilities[section.name], threshold) for section in sections]
        falses = [row["false"] for row in rows if row["false"] is not None]
        means = " | ".join(figure(mean(rows, key)) for key in ("recall", "false", "iou"))
        print(f"| {threshold:g} | {means} | {figure(max(falses, default=None))} |")


def good(row):
    return (row["recall"] is None or row["recall"] >= RECALL) and (row["false"] is None or row["false"] <= FALSE)


def figure(value, digits=3):
    return "-" if value is None else f"{value:.{digits}f}"


def print_tables(rows, means):
    print("| Section | Marked | Sure salt | Sure not salt | Recall | False | IoU | Seconds |\n|---|---|---:|---:|---:|---:|---:|---:|")
    for row in rows:
        marked = {True: "fair", False: "not fair", None: ""}[row["fair"]]
        figures = " | ".join(figure(row[key]) for key in ("recall", "false", "iou"))
        sizes = f"{row['salt_samples']:,} | {row['not_salt_samples']:,}"
        print(f"| {row['section']} | {marked} | {sizes} | {figures} | {figure(row['seconds'], 2)} |")
    print("\n| Mean over sections | Sections | Recall | False | IoU | IoU, surveys alike |\n|---|---:|---:|---:|---:|---:|")
    for row in means:
        figures = " | ".join(figure(row[key]) for key in ("recall", "false", "iou", "iou_of_surveys"))
        print(f"| {row['mean']} | {row['sections']} | {figures} |")
    missed = ", ".join(row["section"] for row in rows if not good(row)) or "none"
    print(f"\nSections with recall below {RECALL:g} or more than {FALSE:g} false: {missed}.")


# --- pictures ----------------------------------------------------------------------------------------------------


def overlay(section, probability, threshold, scale):
    """The section enlarged: probability as a veil of colour, strongest where it is 1, and a line at the threshold; regions outlined."""
    height, width = (round(scale * count) for count in section.grey.shape)
    resized = lambda values, how: np.asarray(Image.fromarray(values).resize((width, height), how), np.float32)
    waves = resized(section.amplitudes, Image.Resampling.LANCZOS)
    loudest = np.quantile(np.abs(waves[waves != 0]), 0.97) if waves.any() else 1
    picture = np.repeat(np.clip(128 + 127 * waves / loudest, 0, 255)[..., None], 3, axis=2)
    chance = np.clip(resized(probability, Image.Resampling.BILINEAR), 0, 1)
    picture = blend(picture, PROBABILITY, 0.6 * chance[..., None])
    picture[outline(chance > threshold, 2)] = MARKED
    labels = resized(section.labels, Image.Resampling.NEAREST)
    rows, columns = np.indices(labels.shape)
    dashes = (rows + columns) % 14 < 9
    picture[outline(labels == NOT_SALT, 2) & dashes] = SURE_NOT
    picture[outline(labels == SALT, 3)] = SURE_SALT
    return Image.fromarray(picture.astype(np.uint8))


def blend(picture, colour, strength):
    return picture * (1 - strength) + np.array(colour) * strength


def outline(region, width):
    """The `width` pixels within a region along its border."""
    inner = region.copy()
    for _ in range(width):
        padded = np.pad(inner, 1, mode="edge")
        inner = padded[1:-1, 1:-1] & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return region & ~inner


def caption(row):
    if row["salt_samples"]:
        return f"recall {figure(row['recall'])}   false {figure(row['false'])}   IoU {figure(row['iou'])}"
    return f"no sure salt   false {figure(row['false'])}"


def colour_of(row):
    """Of the caption: good, bad, or between."""
    bad = (row["recall"] is not None and row["recall"] < 0.5) or (row["false"] or 0) > 0.05
    return (0, 120, 40) if good(row) else (190, 0, 30) if bad else (160, 95, 0)


def in_rows(sections):
    """Sections side by side, as many as fit at about ROW_HEIGHT; each row fills the sheet, but none is much taller than that."""
    rows, width = [[]], 0
    for section in sections:
        more = section.grey.shape[1] / section.grey.shape[0] * ROW_HEIGHT + GAP
        if rows[-1] and width + more / 2 > SHEET:
            rows, width = [*rows, []], 0
        rows[-1].append(section)
        width += more
    for row in rows:
        aspects = sum(section.grey.shape[1] / section.grey.shape[0] for section in row)
        yield row, min((SHEET - GAP * (len(row) + 1)) / aspects, 1.3 * ROW_HEIGHT)


def contact_sheet(sections, probabilities, rows, title, threshold):
    lines = list(in_rows(sections))
    top = 76
    sheet = Image.new("RGB", (SHEET, round(top + sum(height + CAPTION + GAP for _, height in lines))), "white")
    draw = ImageDraw.Draw(sheet)
    large, small = ImageFont.load_default(22), ImageFont.load_default(16)
    draw.text((GAP, 8), title, "black", large)
    x = GAP
    for text, colour in (
        ("salt for sure (line)", SURE_SALT), ("not salt for sure (dashes)", SURE_NOT), ("probability (veil)", PROBABILITY),
        (f"probability {threshold:g} (line)", MARKED),
    ):
        draw.rectangle((x, 48, x + 16, 64), colour)
        draw.text((x + 22, 46), text, "black", small)
        x += 50 + draw.textlength(text, small)
    by_name = {row["section"]: row for row in rows}
    for line, height in lines:
        x = GAP
        for section in line:
            row = by_name[section.name]
            picture = overlay(section, probabilities[section.name], threshold, height / section.grey.shape[0])
            draw.text((x, top), section.name + ("" if section.real else " (synthetic)"), "black", small)
            draw.text((x, top + 20), caption(row), colour_of(row), small)
            sheet.paste(picture, (round(x), top + CAPTION))
            x += picture.width + GAP
        top += round(height) + CAPTION + GAP
    return sheet


def arguments():
    """Ours, and what stands behind `--`."""
    given = sys.argv[1:]
    split = given.index("--") if "--" in given else len(given)
    parser = argparse.ArgumentParser(
        prog="benches/sections.sh", description="Scores a model on real sections of surveys that it has never seen.",
        usage="%(prog)s [OPTION...] [NAME...] [-- OPTION of `diapir predict`...]", formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="sections to take; all, if none is named")
    parser.add_argument("--sections", type=pathlib.Path, default="../shared/data/sections", metavar="FOLDER", help="pictures and regions")
    parser.add_argument("--model", metavar="MODEL", help="model file, or the name of a built-in one; that for surveys, if not given")
    parser.add_argument("--npy", type=pathlib.Path, metavar="FOLDER", help="score NAME.npy, samples x traces, 0 to 1, and run nothing")
    parser.add_argument("--threshold", type=float, metavar="P", help="probability above which a sample is salt; the model's own, or 0.5 of arrays, if not given")
    parser.add_argument("--output", type=pathlib.Path, default="target/sections", metavar="FOLDER", help="for pictures and figures")
    parser.add_argument("--about", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(given[:split]), given[split + 1 :]


def main():
    chosen, options = arguments()
    if not chosen.sections.is_dir():
        skip(f"{chosen.sections} is not there")
    sections = read_sections(chosen.sections, chosen.names)
    if not sections:
        skip(f"{chosen.sections} holds no NAME.json with NAME.png")
    program = os.environ.get("DIAPIR", "target/release/diapir")
    if not chosen.npy and not os.access(program, os.X_OK):
        sys.exit(f"sections: error: {program} is not there; build it (make build), or name another one by DIAPIR")

    how = f"arrays of {chosen.npy.name}" if chosen.npy else " ".join([pathlib.Path(chosen.model or "built-in model").name, *options])
    if chosen.about:
        command = shlex.join(["benches/sections.sh", *sys.argv[2:]])
        subprocess.run(["scripts/about.sh", "Real sections of surveys that no model has seen", command], check=True)
    model = [chosen.model] if chosen.model else []
    if chosen.threshold is None:
        chosen.threshold = 0.5 if chosen.npy else own_threshold(program, model)
    print(f"{how}; salt where the probability is above {chosen.threshold:g}.\n", flush=True)

    chosen.output.mkdir(parents=True, exist_ok=True)
    rows, probabilities = [], {}
    with tempfile.TemporaryDirectory() as place:
        for section in sections:
            seconds = None
            if chosen.npy:
                probability = from_npy(chosen.npy, section)
                if probability is None:
                    print(f"SKIPPED {section.name}: no {chosen.npy / section.name}.npy")
                    continue
            else:
                probability, seconds = predict(program, section, model, options, pathlib.Path(place))
                np.save(chosen.output / f"{section.name}.npy", probability)
            if probability.shape != section.grey.shape:
                sys.exit(f"sections: error: {section.name}: probability of {probability.shape} samples x traces, expected {section.grey.shape}")
            probabilities[section.name] = probability
            rows.append({**score(section, probability, chosen.threshold), "seconds": seconds})
            enlarged = max(1, round(900 / max(section.grey.shape)))
            overlay(section, probability, chosen.threshold, enlarged).save(chosen.output / f"{section.name}.png")
    if not rows:
        sys.exit(f"sections: error: {chosen.npy} holds no NAME.npy of these sections")
    means = summarize(rows)
    print_tables(rows, means)
    shown = [section for section in sections if section.name in probabilities]
    print_thresholds(shown, probabilities)
    with_salt = next((row for row in means if row["mean"] == "with salt"), None)
    title = f"{how}" + (f"   -   mean IoU {with_salt['iou']:.3f}, of surveys {with_salt['iou_of_surveys']:.3f}" if with_salt else "")
    contact_sheet(shown, probabilities, rows, title, chosen.threshold).save(chosen.output / "contact-sheet.png")
    figures = {"how": how, "threshold": chosen.threshold, "sections": rows, "means": means}
    (chosen.output / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")
    print(f"\nPictures: {chosen.output}/contact-sheet.png")


if __name__ == "__main__":
    main()
