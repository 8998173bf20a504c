#!/usr/bin/env bash
# Trains the small network on the labelled TGS tiles (benches/tgs.toml: 9 epochs, about a quarter of an hour on two cores), validates on one fold
# of five, and prints curve, score and where the time went.
#
#   TGS_FOLDER=FOLDER  a folder with images/ and masks/ (or train/images/ ..), depths.csv and, if at hand, train.csv; without it there is nothing
#                      to measure
#   OUTPUT=FOLDER      where the run is kept, to be looked at or gone on with   [default: a temporary folder]
#   DIAPIR=<program>   another program than target/release/diapir
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly DIAPIR=${DIAPIR:-${CARGO_TARGET_DIR:-target}/release/diapir}
if [[ -z ${TGS_FOLDER:-} ]]; then
    echo "SKIPPED benches/tgs.sh: TGS_FOLDER names no folder of TGS tiles" >&2
    exit 0
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
run=${OUTPUT:-$place/run}

scripts/about.sh "Training on the TGS tiles: small network, one fold of five" benches/tgs.sh
resume=()
[[ -e $run/checkpoint.safetensors ]] && resume=(--resume)
"$DIAPIR" train --tiles "$TGS_FOLDER" --recipe benches/tgs.toml --device cpu --output "$run" --json --quiet "${resume[@]}" >"$place/report.json"
python3 - "$run" "$place/report.json" <<'PY'
import json, sys
run, report = sys.argv[1], json.load(open(sys.argv[2]))["report"]
record = json.load(open(f"{run}/run.json"))
epochs = [json.loads(line) for line in open(f"{run}/history.jsonl")]
sums = {key: sum(epoch["seconds"][key] for epoch in epochs) for key in ("training", "waiting", "validation")}
data = record["data"]
print(f"{data['training_tiles']} tiles to train, {data['validation_tiles']} to validate; {record['environment']['arithmetic']}; "
      f"{sums['training'] / 60:.0f} minutes of training, {sums['validation'] / 60:.1f} of validation; "
      f"{data['training_tiles'] * len(epochs) / sums['training']:.1f} tiles/s; "
      f"waiting for tiles {100 * sums['waiting'] / sums['training']:.2f} % of it")
print(f"\nModel kept: score {report['validation_score']:.4f}, IoU {report['validation_iou']:.4f} at threshold 0.5; best threshold "
      f"{report['best_threshold']:.3f} with score {report['best_score']:.4f}; calibration error {report['calibration_error']:.4f}\n")
print("| Epoch | Stage | Rate | Training loss | Validation cross-entropy | IoU | Score |\n|---:|---:|---:|---:|---:|---:|---:|")
for epoch in epochs:
    v = epoch["validation"]
    print(f"| {epoch['epoch']} | {epoch['stage']} | {epoch['rate']:.2e} | {epoch['loss']:.4f} | {v['bce']:.4f} | {v['iou']:.4f} | "
          f"{v['score']:.4f} |")
PY
