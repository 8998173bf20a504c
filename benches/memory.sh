#!/usr/bin/env bash
# Peak memory of `diapir predict` with the demo's network on surveys of one, four and sixteen times the size.
# Fails when a survey of four times the size takes 10 % more memory, or any takes 2 GiB.
#
#   DIAPIR=<program>   another program than target/release/diapir
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly DIAPIR=${DIAPIR:-${CARGO_TARGET_DIR:-target}/release/diapir}
readonly SIZES=(120x120x350 240x240x350 480x480x350)
readonly MOST_GROWTH=1.10 MOST_KIB=$((2 * 1024 * 1024))

[[ -x /usr/bin/time ]] || { echo "memory: error: /usr/bin/time is missing (Debian package time)" >&2; exit 1; }
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

scripts/about.sh "Peak memory of prediction on CPU" benches/memory.sh
# What the weights are worth does not matter here, only the network's size.
"$DIAPIR" synth --size 112x112x224 --output "$place/train" --quiet >/dev/null
"$DIAPIR" train --survey "$place/train/seismic.sgy" "$place/train/label.sgy" --recipe demo --device cpu \
    --set stages.0.epochs=1 --set stages.1.epochs=1 --set tiles.line_step=32 --output "$place/run" --quiet >/dev/null

echo '| Survey | SEG-Y, MiB | Seconds | Million samples/s | Peak memory, MiB | Against the smallest |'
echo '|---|---:|---:|---:|---:|---:|'
smallest=0 good=true
for size in "${SIZES[@]}"; do
    "$DIAPIR" synth --size "$size" --output "$place/survey" --quiet >/dev/null
    /usr/bin/time -v -o "$place/time" "$DIAPIR" predict "$place/run/model.safetensors" "$place/survey/seismic.sgy" \
        --device cpu --output "$place/probability.sgy" --quiet --json >"$place/report.json"
    kib=$(sed -n 's/.*Maximum resident set size (kbytes): //p' "$place/time")
    ((smallest > 0)) || smallest=$kib
    python3 - "$size" "$place" "$kib" "$smallest" <<'PY'
import json, os, sys
size, place, kib, smallest = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
report = json.load(open(f"{place}/report.json"))["report"]
bytes_ = os.path.getsize(f"{place}/survey/seismic.sgy")
seconds = report["seconds_total"]
print(f"| {size} | {bytes_ / 2**20:.0f} | {seconds:.1f} | {report['samples'] / 1e6 / seconds:.2f} | "
      f"{kib / 1024:.0f} | {kib / smallest:.3f} |")
PY
    awk -v kib="$kib" -v first="$smallest" -v growth="$MOST_GROWTH" -v most="$MOST_KIB" \
        'BEGIN { exit !(kib < growth * first && kib < most) }' || good=false
    rm -rf "$place/survey" "$place/probability.sgy"
done
echo
if ! $good; then
    echo "memory: error: more than 10 % growth, or more than 2 GiB" >&2
    exit 1
fi
echo "Growth stays below 10 %, memory below 2 GiB."
