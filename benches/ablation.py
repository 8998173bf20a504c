"""One thing at a time: what each choice is worth for a small network on a small budget. Called by benches/ablation.sh.

python3 ablation.py DIAPIR TILES MOSAICS RUNS SEEDS ONLY    trains what is missing in RUNS, then prints the tables; ONLY is an expression for the names of lines

A training per processor at a time, each on one thread: a network this small keeps one thread busier than two.

Each line changes the recipe benches/ablation.toml in one thing. Every seed divides the tiles anew into two halves (mosaics stay together), trains on
one and validates on the other: what a short training has not seen is worth more here than what it has, since it is what makes the figures steady. The same
seed has the same halves on every line, so that differences are taken seed by seed. What needs predictions of all tiles out of fold (mirroring, rules,
ensembles) is measured on systems: the same training, and that of the other half.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys


def losses(first, second):
    return [f"stages.0.loss={{ {first} }}", f"stages.1.loss={{ {second} }}"]


LINES = {
    "base: 101 x 101, cross-entropy, then 0.9 Lovasz + 0.1 cross-entropy": [],
    "channel: relative depth": ['input.channels=["amplitude", "relative_depth"]'],
    "channel: row": ['input.channels=["amplitude", "row"]'],
    "channels of kmike-27": ['input.channels=["amplitude", "relative_depth", "amplitude_row"]'],
    "padded to 128: reflect": ["input.padded=128"],
    "padded to 128: edge": ["input.padded=128", 'input.padding="edge"'],
    "padded to 128: zero": ["input.padded=128", 'input.padding="zero"'],
    "padded to 128: biharmonic, middle": ["input.padded=128", "input.padding={ biharmonic = { canvas = 148 } }"],
    "padded to 128: biharmonic, random part": [
        "input.padded=128",
        "input.padding={ biharmonic = { canvas = 148 } }",
        "augment.crop=148",
    ],
    "enlarged to 128": ["input.padded=128", 'input.padding="resize"'],
    "loss: cross-entropy": losses("bce = 1.0", "bce = 1.0"),
    "loss: cross-entropy + Dice": losses("bce = 1.0, dice = 1.0", "bce = 1.0, dice = 1.0"),
    "loss: focal": losses("focal = 1.0", "focal = 1.0"),
    "loss: Lovasz from the start": losses("lovasz = 1.0", "lovasz = 1.0"),
    "loss: cross-entropy, then symmetric Lovasz": losses("bce = 1.0", "bce = 0.1, symmetric_lovasz = 0.9"),
    "without mirroring in training": ["augment.flip=0.0"],
    "without running mean of weights": ["mean_weights.decay=0.0"],
    "longer: six epochs, the time of four of padded tiles": ["stages.0.epochs=3", "stages.1.epochs=3"],
}

# Lines that are trained on both halves, so that their out-of-fold predictions can be put together.
SYSTEMS = [
    "base: 101 x 101, cross-entropy, then 0.9 Lovasz + 0.1 cross-entropy",
    "channels of kmike-27",
    "loss: cross-entropy + Dice",
]

# For programs that run beside others.
ONE_THREAD = {"OMP_NUM_THREADS": "1"}


def main():
    diapir, tiles, mosaics, runs, seeds, only = sys.argv[1:7]
    seeds = range(1, int(seeds) + 1)
    runs = pathlib.Path(runs)

    def result(number, name, seed):
        run = runs / f"{number:02}-{seed}"
        if name in SYSTEMS:
            train_system(diapir, tiles, mosaics, run, [f"seed={seed}", *LINES[name]])
            return json.loads((run / "system.json").read_text())["trainings"][0]["folds"]["folds"][0]
        train(diapir, tiles, mosaics, run, [f"seed={seed}", *LINES[name]])
        return json.loads((run / "run.json").read_text())["result"]

    pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
    try:
        # The base first, each line with all its seeds before the next.
        found = {name: [pool.submit(result, number, name, seed) for seed in seeds] for number, name in enumerate(LINES) if name in SYSTEMS or re.search(only, name)}
        table("Trainings", {name: [training.result() for training in trainings] for name, trainings in found.items()})
    finally:
        # After a failure nothing more begins.
        pool.shutdown(cancel_futures=True)
    lines, rules = together(diapir, tiles, mosaics, runs, seeds)
    table("Both halves together, mirrored, and ensembles of them", lines)
    table_of_rules(rules)


def together(diapir, tiles, mosaics, runs, seeds):
    """Figures of all tiles out of fold: each system, mirrored too, the plain mean of all, and their stack; what each rule changes in the first, mirrored."""
    lines, rules = {}, {}

    def add(name, figures):
        lines.setdefault(name, []).append({"validation_score": figures["score"], "best_score": figures["best_score"]})

    for seed in seeds:
        files = []
        for name in SYSTEMS:
            run = runs / f"{list(LINES).index(name):02}-{seed}"
            add(name, json.loads((run / "system.json").read_text())["together"]["figures"])
            mirrored = run / "mirrored"
            call(diapir, "tgs", "predict", run, tiles, "--flip", "true", "--output", mirrored, "--resume")
            files.append(mirrored / "predictions.safetensors")
            call(diapir, "tgs", "report", files[-1], "--tiles", tiles, "--mosaics", mosaics, "--output", run / "mirrored.json")
            report = json.loads((run / "mirrored.json").read_text())
            add(f"{name}, and mirrored", report["figures"])
            if name == SYSTEMS[0]:
                for rule in report["rules"]:
                    rules.setdefault(rule["rule"], []).append(rule["change"])
        blend = runs / f"stack-{seed}.safetensors"
        call(diapir, "tgs", "blend", *files, "--stack", tiles, "--groups", mosaics, "--output", blend)
        stacked = json.loads(blend.with_suffix(".stack.json").read_text())
        add("mean of the three, mirrored", stacked["mean"])
        add("stack of the three, mirrored (weights fitted without the tile's mosaic)", stacked["stacked"])
    return lines, rules


def call(diapir, *words, changes=(), environment=None):
    command = [diapir, *map(str, words), "--quiet", *(word for change in changes for word in ("--set", change))]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **(environment or {})})


def train(diapir, tiles, mosaics, run, changes):
    record = run / "run.json"
    if record.exists() and json.loads(record.read_text())["state"] == "finished":
        return
    resume = ["--resume"] if (run / "checkpoint.safetensors").exists() else []
    learn(diapir, ["train"], tiles, mosaics, run, resume, changes)


def train_system(diapir, tiles, mosaics, run, changes):
    if not (run / "system.json").exists():
        learn(diapir, ["tgs", "train"], tiles, mosaics, run, ["--resume"], changes)


def learn(diapir, command, tiles, mosaics, run, resume, changes):
    call(diapir, *command, "--tiles", tiles, "--groups", mosaics, "--recipe", "benches/ablation.toml", "--output", run, *resume, changes=changes, environment=ONE_THREAD)


def table(title, lines):
    """Scores at 0.5 and at the best threshold; differences from the first line, seed by seed, with their standard error."""
    base = next(iter(lines.values()))
    print(f"\n## {title}\n\n| | Score | Best score | Change of the best score |\n|---|---:|---:|---:|")
    for name, results in lines.items():
        score = statistics.mean(r["validation_score"] for r in results)
        best = [r["best_score"] for r in results]
        changes = [a - b["best_score"] for a, b in zip(best, base)]
        error = statistics.stdev(changes) / len(changes) ** 0.5 if len(changes) > 1 else 0.0
        change = "" if results is base else f"{statistics.mean(changes):+.4f} +- {error:.4f}"
        print(f"| {name} | {score:.4f} | {statistics.mean(best):.4f} +- {statistics.stdev(best):.4f} | {change} |")


def table_of_rules(rules):
    """What each rule by itself changes, at 0.5, in the first system, mirrored; the rules of mosaics see labelled neighbours only."""
    print("\n## Rules, each by itself\n\n| Rule | Change of the score |\n|---|---:|")
    for rule, changes in rules.items():
        error = statistics.stdev(changes) / len(changes) ** 0.5 if len(changes) > 1 else 0.0
        print(f"| {rule} | {statistics.mean(changes):+.4f} +- {error:.4f} |")


if __name__ == "__main__":
    main()
