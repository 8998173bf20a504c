#!/usr/bin/env bash
# Reading SEG-Y: Diapir, segyio, `cat` and memcpy on the same files in one run, warm cache.
#
#   SIZES="300 2048"   MiB of the files that are made
#   ROUNDS=7           the best of so many is taken
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly SIZES=${SIZES:-300 2048} ROUNDS=${ROUNDS:-7}
place=$(mktemp -d -p "${TMPDIR:-/tmp}")
trap 'rm -rf "$place"' EXIT
[[ -x .venv/bin/python ]] || { echo "segy: error: no .venv with segyio: run make setup" >&2; exit 1; }
program=$(cargo bench --locked --bench segy --no-run --quiet --message-format=json |
    python3 -c 'import json,sys; print([m["executable"] for m in map(json.loads, sys.stdin) if m.get("executable") and m["target"]["name"] == "segy"][-1])')

scripts/about.sh "Reading SEG-Y, milliseconds, warm cache, best of $ROUNDS" benches/segy.sh
.venv/bin/python -c 'from importlib.metadata import version; print("segyio", version("segyio") + ", numpy", version("numpy"))'
for size in $SIZES; do
    for format in ieee ibm; do
        file=$place/$format.sgy
        "$program" make "$file" "$size" "$format"
        cat "$file" >/dev/null
        "$program" read "$file" "$ROUNDS" >"$place/diapir.json"
        .venv/bin/python benches/segy/segyio_read.py "$file" "$ROUNDS" >"$place/segyio.json"
        python3 benches/segy/table.py "$file" "$format" "$place" "$ROUNDS"
        rm "$file"
    done
done
