#!/usr/bin/env bash
# In an SGZ volume one null value erases the samples around it, and NaN comes back as an amplitude.
#
# One would guess: lossy compression adds noise that is small against each sample; a null value (1e30, NaN) is
# returned about as it was, and its neighbours keep theirs.
# What happens: ZFP codes blocks of 4 x 4 x 4 samples with one exponent. A 1e30 in a block leaves nothing of
# the other 63 amplitudes (they come back as 0 or as rests of 1e30), in 3-D: traces beside and behind it, too,
# and at any rate, 16 bits included. A mute that starts inside a block eats up to three live samples above it.
# NaN (on x86-64) comes back as minus twice the power of two above the block's largest amplitude: finite, and
# the largest.
# Versions: seismic-zfp 0.5.0, zfpy 1.0.1.post0, segyio 1.9.14.
# Why it matters: nulls can no longer be recognised by their value after such a step, and an amplitude range
# taken over "finite" samples contains invented ones. Replace nulls before compressing; mask a whole block.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile seismic-zfp==0.5.0 zfpy==1.0.1.post0 segyio==1.9.14 numpy==2.4.6
venv/bin/python - <<'PYTHON'
import contextlib
import io
from importlib.metadata import version

import numpy as np
import segyio
from seismic_zfp.conversion import SegyConverter
from seismic_zfp.tools import cube

print(*(f"{name} {version(name)}" for name in ("seismic-zfp", "zfpy", "segyio")))
inlines, crosslines, samples = 16, 20, 128


def through_sgz(volume, bits):
    spec = segyio.spec()
    spec.format, spec.sorting, spec.samples = 5, 2, np.arange(samples) * 4.0
    spec.ilines, spec.xlines = np.arange(inlines) + 100, np.arange(crosslines) + 300
    with segyio.create("given.sgy", spec) as file:
        for trace, values in enumerate(volume.reshape(-1, samples)):
            inline, crossline = divmod(trace, crosslines)
            file.header[trace] = {
                segyio.su.iline: 100 + inline, segyio.su.xline: 300 + crossline, segyio.su.dt: 4000
            }
            file.trace[trace] = values
    name = f"{bits}-{np.random.default_rng().integers(1 << 60)}.sgz"
    with contextlib.redirect_stdout(io.StringIO()), SegyConverter("given.sgy") as converter:
        converter.run(name, bits_per_voxel=bits)
    return cube(name)[:inlines, :crosslines, :samples]


amplitudes = np.random.default_rng(2).normal(0, 1000, (inlines, crosslines, samples)).astype(np.float32)
block = (slice(4, 8), slice(4, 8), slice(88, 92))
for bits in (8, 16):
    plain = through_sgz(amplitudes, bits)
    noise = np.sqrt(np.mean((plain - amplitudes) ** 2))

    given = amplitudes.copy()
    given[5, 7, 90] = 1e30
    found = through_sgz(given, bits)
    others = np.ones((4, 4, 4), dtype=bool)
    others[1, 3, 2] = False
    lost = np.abs(found - amplitudes)[block][others] > 0.99 * np.abs(amplitudes[block][others])
    elsewhere = np.abs(found - plain)
    elsewhere[block] = 0
    largest = np.abs(found[block][others]).max()
    print(f"{bits} bits: noise {noise:.2f}; one 1e30: {lost.sum()} of 63 neighbours lost, the largest of them"
          f" is now {largest:.2g}, other blocks differ by {elsewhere.max():.2g}")
    assert noise < 50 and lost.sum() >= 60 and elsewhere.max() == 0

    given = amplitudes.copy()
    given[5, 7, 50] = np.nan
    nan = through_sgz(given, bits)[5, 7, 50]
    largest = np.abs(amplitudes[4:8, 4:8, 48:52]).max()
    print(f"   one NaN: comes back as {nan:.1f}; largest amplitude around it {largest:.1f}")
    assert np.isfinite(nan) and -8200 < nan < -1.9 * 4096 and 2048 < largest < 4096

    given = amplitudes.copy()
    given[:, :, 99:] = 1e30
    found = through_sgz(given, bits)
    live = [float(np.sqrt(np.mean(found[:, :, k].astype(float) ** 2))) for k in range(94, 99)]
    print("   nulls from sample 99 on: rms of samples 94 to 98:", ", ".join(f"{rms:.3g}" for rms in live))
    assert all(900 < rms < 1100 for rms in live[:2]) and not any(900 < rms < 1100 for rms in live[2:])
PYTHON
