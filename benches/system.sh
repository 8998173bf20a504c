#!/usr/bin/env bash
# What a trained system is worth on the labelled TGS tiles: its folds, their curve, what mirroring and each rule add, all on tiles that the networks
# have not seen; and a submission of the unlabelled ones. Trains what is missing (diapir-fast: three to four hours on two cores).
#
#   TGS_FOLDER=FOLDER  a folder with train/images/, train/masks/ and depths.csv, and test/images/ if a submission is wanted; without it there is nothing to measure
#   RUN=FOLDER         where the system is, or will be   [default: target/system]
#   RECIPE=diapir-fast
#   DIAPIR=<program>   another program than target/release/diapir
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly DIAPIR=${DIAPIR:-${CARGO_TARGET_DIR:-target}/release/diapir} RUN=${RUN:-target/system} RECIPE=${RECIPE:-diapir-fast}
if [[ -z ${TGS_FOLDER:-} ]]; then
    echo "SKIPPED benches/system.sh: TGS_FOLDER names no folder of TGS tiles" >&2
    exit 0
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir -p "$RUN"
folders=("$TGS_FOLDER")
[[ -d $TGS_FOLDER/test/images ]] && folders+=("$TGS_FOLDER/test")
[[ -e $RUN/mosaics.csv ]] || "$DIAPIR" mosaic "${folders[@]}" --output "$RUN/mosaics.csv" --quiet >"$place/out"
scripts/about.sh "The system $RECIPE on the TGS tiles, folds by mosaic" benches/system.sh
"$DIAPIR" tgs train --tiles "$TGS_FOLDER" --groups "$RUN/mosaics.csv" --recipe "$RECIPE" --output "$RUN" --resume --quiet >"$place/out"
for flip in true false; do
    "$DIAPIR" tgs predict "$RUN" "$TGS_FOLDER" --flip "$flip" --output "$place/$flip" --quiet >"$place/out"
done
judged=$place/true/predictions.safetensors
begin=$SECONDS
if [[ -d $TGS_FOLDER/test/images ]]; then
    "$DIAPIR" tgs predict "$RUN" "$TGS_FOLDER/test" --flip true --output "$place/test" --quiet >"$place/out"
    # What is predicted beside the labelled tiles is there for the rules of mosaics too.
    judged=$place/all.safetensors
    "$DIAPIR" tgs blend "$place/true/predictions.safetensors" "$place/test/predictions.safetensors" --output "$judged" --quiet >"$place/out"
fi
predicted=$((SECONDS - begin))
"$DIAPIR" tgs report "$place/false/predictions.safetensors" --tiles "$TGS_FOLDER" --recipe "$RECIPE" --mosaics "$RUN/mosaics.csv" --output "$place/false.json" \
    --quiet >"$place/out"
"$DIAPIR" tgs report "$judged" --tiles "${folders[@]}" --recipe "$RECIPE" --mosaics "$RUN/mosaics.csv" --output "$place/true.json" --quiet >"$place/out"
python3 - "$RUN" "$place" <<'PY'
import json, pathlib, sys
run, place = (pathlib.Path(p) for p in sys.argv[1:])
system = json.load(open(run / "system.json"))
for training in system["trainings"]:
    folds = training["folds"]
    print(f"\n## {training['name'] or 'Folds'}\n\n| Fold | Tiles | Epochs | Score | Best score | at | IoU | Calibration error |\n|---|---:|---:|---:|---:|---:|---:|---:|")
    for number, fold in enumerate(folds["folds"]):
        print(f"| {number} | {fold['tiles']} + {fold['validation_tiles']} | {fold['epochs']} | {fold['validation_score']:.4f} | {fold['best_score']:.4f} | "
              f"{fold['best_threshold']:.3f} | {fold['validation_iou']:.4f} | {fold['calibration_error']:.4f} |")
    print(f"\nMean {folds['mean_score']:.4f} +- {folds['score_deviation']:.4f} (standard deviation of the folds); a fold's model was chosen on the fold, so this is a little too good.")
    runs = sorted((run / training["name"]).glob("fold-*/history.jsonl"))
    curves = [[json.loads(line) for line in open(path)] for path in runs]
    print("\n| Epoch | Stage | Training loss | Validation cross-entropy | IoU | Score |\n|---:|---:|---:|---:|---:|---:|")
    for epochs in zip(*curves):
        mean = lambda value: sum(map(value, epochs)) / len(epochs)
        print(f"| {epochs[0]['epoch']} | {epochs[0]['stage']} | {mean(lambda e: e['loss']):.4f} | {mean(lambda e: e['validation']['bce']):.4f} | "
              f"{mean(lambda e: e['validation']['iou']):.4f} | {mean(lambda e: e['validation']['score']):.4f} |")
print("\n## Out of fold, all tiles together\n\n| | Score at the recipe's threshold | Best score | at | Score at a threshold chosen on other tiles | IoU | Calibration error |\n|---|---:|---:|---:|---:|---:|---:|")
reports = {flip: json.load(open(place / f"{flip}.json")) for flip in ("false", "true")}
for flip, name in (("false", "tiles as they are"), ("true", "and mirrored")):
    report = reports[flip]
    figures = report["figures"]
    print(f"| {name} | {figures['score']:.4f} | {figures['best_score']:.4f} | {figures['best_threshold']:.3f} | {report['score_at_chosen_threshold']:.4f} | "
          f"{figures['iou']:.4f} | {figures['calibration_error']:.4f} |")
report = reports["true"]
print("\n## Rules, each by itself (mirrored)\n\n| Rule | Score | Change |\n|---|---:|---:|")
for rule in report["rules"]:
    print(f"| {rule['rule']} | {rule['score']:.4f} | {rule['change']:+.4f} |")
print(f"| the recipe's together | {report['together']:.4f} | {report['together'] - report['figures']['score']:+.4f} |")
print("\n## By coverage (mirrored)\n\n| Salt up to | Tiles | Score |\n|---|---:|---:|")
for group in report["by_coverage"]:
    print(f"| {group['up_to']:.0%} | {group['tiles']} | {group['score']:.4f} |")
PY
if [[ -d $TGS_FOLDER/test/images ]]; then
    "$DIAPIR" tgs submit "$place/test/predictions.safetensors" --tiles "${folders[@]}" --recipe "$RECIPE" --mosaics "$RUN/mosaics.csv" \
        --output "$place/submission.csv" --quiet >"$place/out"
    python3 - "$place/submission.csv" "$TGS_FOLDER/test/images" "$predicted" <<'PY'
import csv, os, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
ids = [row["id"] for row in rows]
assert sorted(ids) == sorted(name[:-4] for name in os.listdir(sys.argv[2])), "every id once"
for row in rows:
    numbers = list(map(int, row["rle_mask"].split()))
    ends = [start + length for start, length in zip(numbers[::2], numbers[1::2])]
    assert len(numbers) % 2 == 0 and all(n > 0 for n in numbers) and (not ends or ends[-1] <= 101 * 101 + 1)
    assert all(end < start for end, start in zip(ends, numbers[2::2])), "ascending, not touching"
empty = sum(not row["rle_mask"] for row in rows)
print(f"\n## Submission\n\n{len(rows)} unlabelled tiles, every id once, run-length codes valid; {empty} empty ({empty / len(rows):.1%}); predicted with their mirror images in {sys.argv[3]} s.")
PY
fi
