#!/usr/bin/env bash
# Peak memory of `diapir predict` with the demo's network on surveys of one, four and sixteen times as many inlines (0.2, 0.8 and 3.2 GB of samples).
# Fails when it differs by 5 % from that of the smallest, or exceeds what the library said before it began.
#
#   SIZE=240x240x850   of the smallest
#   DIAPIR=<program>   another program than target/release/diapir
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly DIAPIR=${DIAPIR:-${CARGO_TARGET_DIR:-target}/release/diapir}
readonly SIZE=${SIZE:-240x240x850} TIMES=(1 4 16)
readonly MOST_GROWTH=1.05
[[ -x /usr/bin/time ]] || { echo "memory: error: /usr/bin/time is missing (Debian package time)" >&2; exit 1; }
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

scripts/about.sh "Peak memory of prediction on CPU" benches/memory.sh
# What the weights are worth does not matter here, only the network's size.
"$DIAPIR" synth --size 112x112x224 --output "$place/train" --quiet >/dev/null
"$DIAPIR" train --survey "$place/train/seismic.sgy" "$place/train/label.sgy" --recipe demo --device cpu \
    --set stages.0.epochs=1 --set stages.1.epochs=1 --set tiles.line_step=32 --output "$place/run" --quiet >/dev/null

echo '| Inlines | SEG-Y, MiB | Seconds | Million samples/s | Peak memory, MiB | Said beforehand, MiB | Against the smallest |'
echo '|---:|---:|---:|---:|---:|---:|---:|'
"$DIAPIR" synth --size "$SIZE" --output "$place/survey" --quiet >/dev/null
smallest=0 good=true
for times in "${TIMES[@]}"; do
    # The same lines again and again, with numbers that go on.
    python3 - "$place/survey/seismic.sgy" "$place/large.sgy" "$times" "${SIZE%%x*}" "${SIZE##*x}" <<'PY'
import struct, sys
source, target, times, inlines, samples = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
size = 240 + 4 * samples
data = open(source, "rb").read()
with open(target, "wb") as out:
    out.write(data[:3600])
    for copy in range(times):
        for at in range(3600, len(data), size):
            header = bytearray(data[at : at + 240])
            struct.pack_into(">i", header, 188, struct.unpack_from(">i", header, 188)[0] + copy * inlines)
            out.write(header)
            out.write(data[at + 240 : at + size])
PY
    /usr/bin/time -v -o "$place/time" "$DIAPIR" predict "$place/run/model.safetensors" "$place/large.sgy" \
        --device cpu --output "$place/probability.sgy" --quiet --json >"$place/report.json"
    kib=$(sed -n 's/.*Maximum resident set size (kbytes): //p' "$place/time")
    ((smallest > 0)) || smallest=$kib
    python3 - "$place" "$kib" "$smallest" "$MOST_GROWTH" "$((times * ${SIZE%%x*}))" <<'PY' || good=false
import json, os, sys
place, kib, smallest, growth, inlines = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), sys.argv[5]
report = json.load(open(f"{place}/report.json"))["report"]
bytes_ = os.path.getsize(f"{place}/large.sgy")
seconds, bound = report["seconds_total"], report["memory_bound"]
print(f"| {inlines} | {bytes_ / 2**20:.0f} | {seconds:.1f} | {report['samples'] / 1e6 / seconds:.2f} | "
      f"{kib / 1024:.0f} | {bound / 2**20:.0f} | {kib / smallest:.3f} |", flush=True)
sys.exit(not (1 / growth < kib / smallest < growth and 1024 * kib <= bound))
PY
    rm -f "$place/large.sgy" "$place/probability.sgy"
done
echo
if ! $good; then
    echo "memory: error: more than 5 % difference, or more than was said beforehand" >&2
    exit 1
fi
echo "Memory differs by less than 5 %, and stays below what was said beforehand."
