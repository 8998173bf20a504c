#!/usr/bin/env bash
# Does a model find salt in surveys that it has never seen? Real sections with regions drawn by hand that are salt for sure, or
# not salt for sure: recall, false alarms and IoU of each, their means, and a contact sheet to look at.
#
#   benches/sections.sh [OPTION...] [NAME...] [-- OPTION of `diapir predict`...]
#   benches/sections.sh --model run/model.safetensors --output target/run-7 -- --quality best --precision float32
#   benches/sections.sh --npy probabilities/
#
# OPTION: --sections FOLDER (pictures and regions), --model FILE (else the program's own), --npy FOLDER (NAME.npy, samples x traces,
# scored instead of running the program), --threshold P (else the model's), --output FOLDER (contact sheet, overlays, probabilities, figures.json);
# --help tells defaults.
#
#   DIAPIR=PROGRAM        another program than target/release/diapir
#   BENCH_PYTHON=PROGRAM  a Python with numpy, segyio and Pillow             [default: that of .venv, from `make setup`]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=${BENCH_PYTHON:-.venv/bin/python}
command -v "$python" >/dev/null || python=python3
export DIAPIR=${DIAPIR:-${CARGO_TARGET_DIR:-target}/release/diapir}
# Cores may be shared: threads that wait shall not spin.
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE}
"$python" benches/sections.py --about "$@"
