#!/usr/bin/env bash
# ObsPy's resample lowers the amplitudes, upwards, downwards, and at the same interval.
#
# One would guess: resampling 4 ms to 2 ms keeps every frequency of the data, and 4 ms to 4 ms keeps the data;
# a filter against aliases acts on what the new interval cannot hold.
# What happens: Trace.resample multiplies the spectrum by a Hann window that ends at the *old* Nyquist
# frequency, unless window=None is given. At 4 ms, 25 Hz keeps 90 %, 50 Hz 65 %, 75 Hz 35 % of its amplitude,
# even where the new interval is shorter or equal. interpolate(method="lanczos") and scipy.signal.resample
# keep 100 %.
# Version: obspy 1.5.1 (scipy 1.17.1).
# Why it matters: a survey brought to a model's interval by ObsPy has another spectrum than one that had the
# interval already: thin beds and chaotic salt lose most. A model's contract must name the resampling, too.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile obspy==1.5.1 scipy==1.17.1 numpy==2.4.6
venv/bin/python - <<'PYTHON'
import numpy as np
import obspy
import scipy

print("obspy", obspy.__version__, "scipy", scipy.__version__)


def trace(interval, frequency):
    time = np.arange(1000) * interval
    return obspy.Trace(np.cos(2 * np.pi * frequency * time), {"delta": interval})


def amplitude(samples):
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    return np.sqrt(2 * np.mean(middle**2))


for old, new in ((0.004, 0.002), (0.004, 0.004), (0.002, 0.004)):
    nyquist = 0.5 / old
    for frequency in (25.0, 50.0, 75.0):
        given = trace(old, frequency)
        default = amplitude(given.copy().resample(1 / new).data)
        plain = amplitude(given.copy().resample(1 / new, window=None).data)
        samples = round(len(given) * old / new)
        scipys = amplitude(scipy.signal.resample(given.data, samples))
        lanczos = amplitude(given.copy().interpolate(1 / new, method="lanczos", a=30).data)
        print(f"{old * 1e3:.0f} ms to {new * 1e3:.0f} ms, {frequency:.0f} Hz: resample {default:.3f},"
              f" window=None {plain:.3f}, scipy {scipys:.3f}, lanczos {lanczos:.3f}")
        assert abs(default - (0.5 + 0.5 * np.cos(np.pi * frequency / nyquist))) < 0.002
        assert min(plain, scipys, lanczos) > 0.99 and max(plain, scipys, lanczos) < 1.01
PYTHON
