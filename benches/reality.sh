#!/usr/bin/env bash
# Does what training windows are drawn from look like reality? Crops of real sections against drawn windows: spectra, coherence along
# traces, dips, amplitudes, energy; how much of reality lies outside of what is drawn, as a table and a picture.
#
#   benches/reality.sh FOLDER [OPTION...]   FOLDER: images/NAME.png and masks/NAME.png, 256 x 256, 8-bit grey, 128 is zero amplitude
#   benches/reality.sh                      measures reality alone
#
# OPTION: --data FOLDER (sections/, segy/, tgs/train.tar), --windows N and --tiles N (at most), --picture FILE.png; --help tells defaults.
#
#   BENCH_PYTHON=PROGRAM  a Python with numpy, scipy, matplotlib, segyio and Pillow   [default: that of .venv, from `make setup`]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python=${BENCH_PYTHON:-.venv/bin/python}
command -v "$python" >/dev/null || python=python3
case " $* " in *" -h "* | *" --help "*) ;; *)
    scripts/about.sh "Drawn training windows against reality" "benches/reality.sh${*:+ $*}"
    ;;
esac
"$python" benches/reality/compare.py "$@"
