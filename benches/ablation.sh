#!/usr/bin/env bash
# What each choice of a recipe is worth: a small network (0.8 million parameters), four epochs of half the tiles, halves that keep mosaics together, several
# seeds. The whole takes two hours on two cores; what is there is not trained again.
#
#   TGS_FOLDER=FOLDER  a folder with train/images/ and train/masks/ (or images/ ..) and depths.csv, and test/images/ if there are unlabelled tiles; without it there is nothing to measure
#   RUNS=FOLDER        where the trainings are kept   [default: target/ablation]
#   SEEDS=3            trainings of each line
#   ONLY=EXPRESSION    only the lines whose names match, and those that ensembles are made of
#   DIAPIR=<program>   another program than target/release/diapir
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly DIAPIR=${DIAPIR:-${CARGO_TARGET_DIR:-target}/release/diapir} RUNS=${RUNS:-target/ablation}
if [[ -z ${TGS_FOLDER:-} ]]; then
    echo "SKIPPED benches/ablation.sh: TGS_FOLDER names no folder of TGS tiles" >&2
    exit 0
fi
mkdir -p "$RUNS"
# Labelled tiles may be neighbours of one unlabelled tile.
folders=("$TGS_FOLDER")
[[ -d $TGS_FOLDER/test/images ]] && folders+=("$TGS_FOLDER/test")
"$DIAPIR" mosaic "${folders[@]}" --output "$RUNS/mosaics.csv" --quiet >"$RUNS/mosaics.out"
scripts/about.sh "One thing at a time: a small network, four epochs of half the tiles, ${SEEDS:-3} seeds, halves by mosaic" benches/ablation.sh
python3 benches/ablation.py "$DIAPIR" "$TGS_FOLDER" "$RUNS/mosaics.csv" "$RUNS" "${SEEDS:-3}" "${ONLY:-}"
