#!/usr/bin/env bash
# An 8-bit ZGY volume with a symmetric range has no zero: dead traces come back as small constant amplitudes.
#
# One would guess: zero, the commonest value of a seismic volume, survives coding; what was never written
# reads as zero, too; a range of -5 to 5 is the natural one.
# What happens: 256 codes are spread evenly over the range, ends included, so zero lies between two codes.
# Dead traces, mutes and unwritten bricks read as +0.0196 (range / 510), 16-bit volumes as +0.00008. A range
# of -128 to 127 has an exact zero; in one of -100 to 200 dead traces are -0.0000038 and unwritten bricks 0. A
# range without zero in it gives dead traces and unwritten bricks its lower end.
# Version: pyzgy 0.1.1 (its openzgy API), numpy 2.4.6.
# Why it matters: "exactly zero is dead" is how readers find padding and mutes. After ZGY a dead trace is a
# *constant* trace, of a value that differs from volume to volume: test for constant runs, not for zero.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile pyzgy==0.1.1 numpy==2.4.6
venv/bin/python - <<'PYTHON'
import warnings
from importlib.metadata import version

import numpy as np

warnings.simplefilter("ignore")
from openzgy.api import SampleDataType, ZgyReader, ZgyWriter

print("pyzgy", version("pyzgy"), "numpy", np.__version__)
shape = (64, 128, 64)
corners = ((0, 0), (1575, 0), (0, 1588), (1575, 1588))
expected = {
    (-5, 5, "int8"): (10 / 510, 10 / 510), (-5, 5, "int16"): (10 / 131_070, 10 / 131_070),
    (-128, 127, "int8"): (0, 0), (-100, 200, "int8"): (-3.8e-6, 0), (1, 5, "int8"): (1, 1),
}
for number, ((low, high, kind), (dead, unwritten)) in enumerate(expected.items()):
    amplitudes = np.random.default_rng(0).uniform(low, high, (64, 64, 64)).astype(np.float32)
    amplitudes[:16] = 0
    with ZgyWriter(
        f"{number}.zgy", size=shape, datatype=SampleDataType[kind], datarange=(low, high), zinc=4,
        annotinc=(1, 1), corners=corners,
    ) as writer:
        writer.write((0, 0, 0), amplitudes)
        writer.finalize()
    with ZgyReader(f"{number}.zgy") as reader:
        found = np.zeros(shape, dtype=np.float32)
        reader.read((0, 0, 0), found)
    seen_dead, seen_unwritten = np.unique(found[:16, :64]), np.unique(found[:, 64:])
    print(f"{kind} {low} to {high}: dead traces read as {seen_dead}, unwritten bricks as {seen_unwritten}")
    assert np.allclose(seen_dead, [dead], rtol=0.01, atol=1e-8) and len(seen_dead) == 1
    assert np.allclose(seen_unwritten, [unwritten], rtol=0.01, atol=1e-8) and len(seen_unwritten) == 1
PYTHON
