#!/usr/bin/env bash
# The whole way of `diapir demo`: three training surveys, an unseen one, files, figures and seconds per stage.
# Fails when it takes more than 8 minutes, or the voxel IoU is below 0.80: what it has to reach on two cores.
#
#   DIAPIR=<program>   another program than target/release/diapir
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly DIAPIR=${DIAPIR:-${CARGO_TARGET_DIR:-target}/release/diapir}
readonly LEAST_IOU=0.80 MOST_SECONDS=480
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

scripts/about.sh "The demo, end to end, on CPU" benches/demo.sh
echo '```'
"$DIAPIR" demo --output "$place/demo" --quiet
echo '```'
python3 - "$place/demo/summary.json" "$LEAST_IOU" "$MOST_SECONDS" <<'PY'
import json, sys
summary, least, most = json.load(open(sys.argv[1])), float(sys.argv[2]), float(sys.argv[3])
iou, seconds = summary["evaluation"]["voxel_iou"], summary["seconds_total"]
print(f"\nVoxel IoU {iou:.3f} (at least {least}), {seconds:.0f} s (at most {most:.0f}).")
if iou < least or seconds > most:
    sys.exit("demo: error: a promise is broken")
PY
