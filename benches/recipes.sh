#!/usr/bin/env bash
# One epoch of each built-in recipe on the labelled TGS tiles: images per second of training, seconds of validation, and the loss.
#
#   TGS_FOLDER=FOLDER  a folder with train/images/ and train/masks/ (or images/ ..) and depths.csv; without it there is nothing to measure
#   TILES=N            only the first N of them, by id: the large networks need half an hour for all on two cores
#   RECIPES="a b"      only these
#   DIAPIR=<program>   another program than target/release/diapir
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly DIAPIR=${DIAPIR:-${CARGO_TARGET_DIR:-target}/release/diapir}
if [[ -z ${TGS_FOLDER:-} ]]; then
    echo "SKIPPED benches/recipes.sh: TGS_FOLDER names no folder of TGS tiles" >&2
    exit 0
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

images=$TGS_FOLDER/images
[[ -d $images ]] || images=$TGS_FOLDER/train/images
if [[ -n ${TILES:-} ]]; then
    mkdir -p "$place/tiles/images" "$place/tiles/masks"
    # A listing that ends early is what is asked for.
    for name in $(find "$images" -name '*.png' -printf '%f\n' | sort | sed "${TILES}q"); do
        ln -s "$(realpath "$images/$name")" "$place/tiles/images/$name"
        ln -s "$(realpath "$images/../masks/$name")" "$place/tiles/masks/$name"
    done
    cp "$TGS_FOLDER/depths.csv" "$place/tiles/"
    TGS_FOLDER=$place/tiles
fi
scripts/about.sh "One epoch of each recipe on ${TILES:-all} TGS tiles" benches/recipes.sh
"$DIAPIR" mosaic "$TGS_FOLDER" --output "$place/mosaics.csv" --quiet >"$place/mosaics.out"
printf '| Recipe | Input | Parameters | Batch | Images/s | Validation, s | Training loss | Validation cross-entropy |\n|---|---|---:|---:|---:|---:|---:|---:|\n'
for recipe in ${RECIPES:-$("$DIAPIR" recipe list | grep -v demo)}; do
    # One epoch of the first stage; the others have none.
    changes=(--set stages.0.epochs=1 --set stages.0.warmup=0)
    stages=$("$DIAPIR" recipe show "$recipe" | grep -c '^\[\[stages\]\]')
    for ((stage = 1; stage < stages; stage++)); do changes+=(--set "stages.$stage.epochs=0"); done
    "$DIAPIR" train --tiles "$TGS_FOLDER" --groups "$place/mosaics.csv" --recipe "$recipe" "${changes[@]}" --output "$place/$recipe" --quiet >"$place/out"
    python3 - "$place/$recipe" "$recipe" "$("$DIAPIR" model info "$place/$recipe/model.safetensors" --json)" <<'PY'
import json, sys, tomllib
run, name, info = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])["model"]
epoch = json.loads(open(f"{run}/history.jsonl").readline())
record = json.load(open(f"{run}/run.json"))
recipe = tomllib.load(open(f"{run}/recipe.toml", "rb"))
rate = record["data"]["training_tiles"] / epoch["seconds"]["training"]
side = info["contract"]["padded"]
print(f"| {name} | {len(info['contract']['channels'])} x {side} x {side} | {info['parameters']:,} | {recipe['batch']} | {rate:.1f} | "
      f"{epoch['seconds']['validation']:.0f} | {epoch['loss']:.4f} | {epoch['validation']['bce']:.4f} |", flush=True)
PY
done
