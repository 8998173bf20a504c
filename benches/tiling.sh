#!/usr/bin/env bash
# How sections are cut into tiles: speed, accuracy and seams of overlaps, windows, mirroring, larger tiles, whole sections and both directions.
# First on a synthetic survey with labels, by the model of `diapir demo`; then on mosaics of real tiles, by the built-in model
# (benches/tiling.py).
# Some ten minutes on two cores, and five more for the demo where it has not run yet.
#
#   RUN=FOLDER            where the demo's survey and model are kept; made if they are not there   [default: target/bench-tiling]
#   TGS_FOLDER=FOLDER     real tiles: train/images/, train/masks/, depths.csv                      [default: target/tgs]
#   TEST_FOLDER=FOLDER    images of tiles without masks that fill gaps of the mosaics, if at hand  [default: target/tgs-test/test/images]
#   MOSAICS=FILE.csv      which tiles are neighbours, as `diapir mosaic` writes it                 [default: target/bg/mosaics.csv]
#   FOLDS=FILE.json       ids of each fold; the built-in model has not seen fold 0                 [default: target/bg/cv/fold-0/folds.json]
#   LIMIT=120             of mosaics
#   BENCH_PYTHON=PROGRAM  a Python with numpy and Pillow                                           [default: python3]
#   DIAPIR=PROGRAM        another program than target/release/diapir; its library is taken from the same folder
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly DIAPIR=${DIAPIR:-${CARGO_TARGET_DIR:-target}/release/diapir} RUN=${RUN:-${CARGO_TARGET_DIR:-target}/bench-tiling}
readonly MODEL=$RUN/run/model.safetensors SURVEY=$RUN/unseen/seismic.sgy LABEL=$RUN/unseen/label.sgy
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

# The summary comes last.
[[ -e $MODEL && -e $RUN/summary.json ]] || "$DIAPIR" demo --output "$RUN" --device cpu --quiet >/dev/null

# predict FLAGS..: what the command line gives for the survey, in $place.
predict() {
    "$DIAPIR" predict "$MODEL" "$SURVEY" "$@" --device cpu --output "$place/probability.sgy" --json --quiet >"$place/report.json"
}

# Half a tile, the default, a sixth of a tile; larger windows by multiples of 128, so that they halve as the tile does.
tile=$("$DIAPIR" model info "$MODEL" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["model"]["contract"]["tile"])')
half=$(((tile + 1) / 2)) sixth=$(((tile + 3) / 6))
usual=$((tile / 2 < 32 ? tile / 2 : 32))
options=(
    "--overlap $half"
    "--overlap $usual"
    "--overlap $sixth"
    "--overlap $usual --flip"
    "--overlap $half --flip"
    "--tile $((tile + 128)) --overlap $usual"
    "--tile $((tile + 384)) --overlap $usual"
    "--tile section"
    "--overlap $usual --direction both --fusion mean"
    "--quality best"
    "--overlap $usual --window flat"
    "--overlap $usual --window gaussian"
)

scripts/about.sh "Tilings: overlaps, windows, larger tiles, whole sections" benches/tiling.sh
echo "Speed is that of the prediction without the pass for amplitude statistics. Seam figure: 1 where borders of tiles cannot be told from other"
echo "places, more where probabilities jump there."
printf '\n## A synthetic survey that the network has not seen\n\n'
echo "The demo's survey and model; tiles of $tile x $tile, if the options do not say otherwise; $usual samples are the default overlap."
echo
predict # The first call pays for files that are not in memory yet.
echo '| Options | Million samples/s | Voxel IoU | Seam figure |'
echo '|---|---:|---:|---:|'
for option in "${options[@]}"; do
    read -ra flags <<<"$option"
    predict "${flags[@]}"
    "$DIAPIR" evaluate "$place/probability.sgy" "$LABEL" --json --quiet >"$place/evaluation.json"
    python3 - "$option" "$place" <<'PY'
import json, sys
option, place = sys.argv[1:]
report = json.load(open(f"{place}/report.json"))["report"]
iou = json.load(open(f"{place}/evaluation.json"))["evaluation"]["voxel_iou"]
speed = report["samples"] / 1e6 / (report["seconds_total"] - report["seconds_statistics"])
# Whole sections have no borders.
seam = "-" if report["seam"] is None else f"{report['seam']:.3f}"
print(f"| `{option}` | {speed:.2f} | {iou:.4f} | {seam} |", flush=True)
PY
done

printf '\n## Mosaics of real tiles that the built-in model has not seen\n\n'
"${BENCH_PYTHON:-python3}" benches/tiling.py "$(dirname "$DIAPIR")/libdiapir.so"
