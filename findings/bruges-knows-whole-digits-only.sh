#!/usr/bin/env bash
# bruges draws a 25 Hz wavelet as 20 Hz when the sample interval has two significant digits.
#
# One would guess: ricker(duration, dt, f) samples the formula every dt seconds, as its documentation says.
# What happens: the time axis is built from dt cut to its first significant digit. 0.0025 s becomes 0.002 s,
# 0.0015 s becomes 0.001 s, 0.00125 s becomes 0.001 s, while the number of samples follows the dt that was
# asked for. Convolved at the survey's interval, 25 Hz is then 20, 16.7 and 20 Hz. Every wavelet of the module
# shares the axis (Ricker, Ormsby, Klauder, sinc, Gabor). 1, 2, 3 and 4 ms are right, so the usual test
# passes. The axis comes back beside the amplitudes, and is the only sign. Passing t= instead of dt avoids it.
# Version: bruges 0.5.4.
# Why it matters: synthetic training sections drawn at 1.25, 1.5 or 2.5 ms would carry a band that their
# labels (or their recipe) do not know of; check a generator by the spectrum of what it returns.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile bruges==0.5.4 numpy==2.4.6 scipy==1.17.1 matplotlib==3.11.2
venv/bin/python - <<'PYTHON'
import warnings

import numpy as np

warnings.simplefilter("ignore")
import bruges
from importlib.metadata import version

print("bruges", version("bruges"))


def band_centre(amplitude, dt):
    """Frequency of the largest amplitude for Ricker, middle of the half-height band for others, in Hz."""
    spectrum = np.abs(np.fft.rfft(amplitude, 1 << 16))
    frequency = np.fft.rfftfreq(1 << 16, dt)
    half = frequency[spectrum > spectrum.max() / 2]
    return frequency[spectrum.argmax()], (half[0] + half[-1]) / 2


expected = {0.001: 1, 0.002: 1, 0.003: 1, 0.004: 1, 0.0025: 0.8, 0.0015: 2 / 3, 0.00125: 0.8}
for dt, factor in expected.items():
    ricker, axis = bruges.filters.ricker(0.512, dt, 25)
    ormsby = bruges.filters.ormsby(0.512, dt, (8, 12, 40, 60)).amplitude
    peak, middle = band_centre(ricker, dt)[0], band_centre(ormsby, dt)[1]
    step = axis[1] - axis[0]
    print(f"dt {dt * 1e3:.2f} ms: axis in steps of {step * 1e3:.2f} ms, Ricker of 25 Hz has its peak at"
          f" {peak:.2f} Hz, Ormsby of 8-12-40-60 Hz its middle at {middle:.2f} Hz")
    assert abs(step / dt - factor) < 1e-6
    assert abs(peak / 25 - factor) < 0.01
    assert abs(middle / 30 - factor) < 0.03
PYTHON
