#!/usr/bin/env bash
# Training speed, images per second: `diapir train` against an equivalent PyTorch loop (the same network, batch, tiles, padding, flips, loss
# and optimizer; DataLoader workers reading ahead), in turn, in one run. Reading, augmentation and the optimizer count; validation does not.
#
#   BENCH_PYTHON=FILE    a Python with the packages below; without it they are installed into target/bench-venv (3 GB)
#   DIAPIR=<program>     another program than target/release/diapir
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly DIAPIR=${DIAPIR:-${CARGO_TARGET_DIR:-target}/release/diapir} PACKAGES="torch==2.11.0 segmentation-models-pytorch"
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
if [[ -z ${BENCH_PYTHON:-} ]]; then
    BENCH_PYTHON=target/bench-venv/bin/python
    if [[ ! -x $BENCH_PYTHON ]]; then
        python3 -m venv target/bench-venv
        # shellcheck disable=SC2086
        "$BENCH_PYTHON" -m pip install --quiet $PACKAGES
    fi
fi
scripts/about.sh "Training speed: Diapir and PyTorch on the same networks, batches and tiles, 2 threads" benches/training.sh
"$BENCH_PYTHON" benches/training/rivals.py "$DIAPIR" "$place"
