#!/usr/bin/env bash
# Tiles per second of the SE-ResNeXt50 U-Net with scSE, 128x128, batch 8, two threads: Diapir, PyTorch, ONNX Runtime, OpenVINO, on
# the same weights and input, in one run.
#
#   ROUNDS=10            the best of so many passes is taken
#   BENCH_PYTHON=FILE    a Python with the packages below; without it they are installed into target/bench-venv (3 GB)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly ROUNDS=${ROUNDS:-10} PACKAGES="torch==2.11.0 segmentation-models-pytorch safetensors onnx onnxruntime openvino"
place=$(mktemp -d -p "${TMPDIR:-/tmp}")
trap 'rm -rf "$place"' EXIT
if [[ -z ${BENCH_PYTHON:-} ]]; then
    BENCH_PYTHON=target/bench-venv/bin/python
    if [[ ! -x $BENCH_PYTHON ]]; then
        python3 -m venv target/bench-venv
        # shellcheck disable=SC2086
        "$BENCH_PYTHON" -m pip install --quiet $PACKAGES
    fi
fi
program=$(cargo bench --locked --bench networks --no-run --quiet --message-format=json |
    python3 -c 'import json,sys; print([m["executable"] for m in map(json.loads, sys.stdin) if m.get("executable") and m["target"]["name"] == "networks"][-1])')

scripts/about.sh "Forward passes: SE-ResNeXt50 U-Net with scSE, 128x128, batch 8, 2 threads, best of $ROUNDS" benches/networks.sh
"$BENCH_PYTHON" -c 'from importlib.metadata import version as v
print(", ".join(f"{n} {v(n)}" for n in ("torch", "segmentation-models-pytorch", "onnxruntime", "openvino")))'
echo
"$program" make "$place"
"$program" run "$place" "$ROUNDS" >"$place/first.json"
# Diapir before and after the others: the machine's mood is the same for all, or seen to change.
"$BENCH_PYTHON" benches/networks/rivals.py "$place" "$ROUNDS" "$place/first.json" >"$place/others.md" 2>"$place/errors" ||
    { cat "$place/errors" >&2; exit 1; }
"$program" run "$place" "$ROUNDS" >"$place/second.json"
cat "$place/others.md"
python3 - "$place/first.json" "$place/second.json" <<'PY'
import json, sys
first, second = (json.load(open(f)) for f in sys.argv[1:])
print("\nDiapir, before and after the others: " + ", ".join(
    f"{kind} {first[kind]:.1f} and {second[kind]:.1f}" for kind in ("float32", "bfloat16")))
PY
