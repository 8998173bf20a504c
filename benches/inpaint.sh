#!/usr/bin/env bash
# Tiles per second of biharmonic inpainting, 101 x 101 to 148 x 148: Diapir and scikit-image's inpaint_biharmonic on the same tiles, in one run,
# and how far their values are apart.
#
#   COUNT=512            tiles for Diapir; scikit-image gets the first 8
#   BENCH_PYTHON=FILE    a Python with scikit-image; without it it is installed into target/bench-image-venv
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly COUNT=${COUNT:-512}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
if [[ -z ${BENCH_PYTHON:-} ]]; then
    BENCH_PYTHON=target/bench-image-venv/bin/python
    if [[ ! -x $BENCH_PYTHON ]]; then
        python3 -m venv target/bench-image-venv
        "$BENCH_PYTHON" -m pip install --quiet scikit-image
    fi
fi
program=$(cargo bench --locked --bench inpaint --no-run --quiet --message-format=json |
    python3 -c 'import json,sys; print([m["executable"] for m in map(json.loads, sys.stdin) if m.get("executable") and m["target"]["name"] == "inpaint"][-1])')

scripts/about.sh "Biharmonic inpainting, 101 x 101 to 148 x 148" benches/inpaint.sh
"$program" "$place" "$COUNT" >"$place/ours.json"
"$BENCH_PYTHON" - "$place" "$COUNT" <<'PY'
import json, sys, time
import numpy as np
import skimage
from skimage.restoration import inpaint_biharmonic
place, count = sys.argv[1], int(sys.argv[2])
ours = json.load(open(f"{place}/ours.json"))
tiles = np.fromfile(f"{place}/tiles.f32", np.float32).reshape(count, 101, 101)[:8].astype(np.float64)
mask = np.ones((148, 148), bool)
mask[23:124, 23:124] = False
def fill(tile):
    canvas = np.zeros((148, 148))
    canvas[23:124, 23:124] = tile
    return inpaint_biharmonic(canvas, mask)
filled, begin = [], time.perf_counter()
for tile in tiles:
    filled.append(fill(tile))
rate = len(tiles) / (time.perf_counter() - begin)
first = np.fromfile(f"{place}/first.f32", np.float32).reshape(148, 148)
print(f"scikit-image {skimage.__version__}\n\n| | Tiles/s | Times |\n|---|---:|---:|")
print(f"| scikit-image, one by one | {rate:.2f} | 1 |")
for name, key in (("Diapir, one by one", "one_by_one"), ("Diapir, all at once", "together"),
                  (f"Diapir, {ours['threads']} threads", "all_threads")):
    print(f"| {name} | {ours[key]:.0f} | {ours[key] / rate:.0f} |")
print(f"\nDiapir factorises once, in {ours['factorised_ms']} ms. Largest difference on the first tile: {np.abs(first - filled[0]).max():.1e}.")
PY
