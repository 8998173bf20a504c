"""What a crop of a section measures: spectra, dips, coherence, amplitudes.

A crop is an array of samples x traces whose dead samples are exactly 0. Frequencies are in cycles per sample, dips in samples per trace; NaN
where a crop is too narrow, too short or too empty to tell.
"""

import numpy as np
from scipy import ndimage

LAGS = (1, 2, 4, 8, 16)  # traces
BLANK_RUN = 8  # samples that zeros follow each other for to be dead; single zeros are crossings, or rounding of 8-bit pictures
BOX = 16  # side of the boxes that local energy is measured in

# Key: (what the table calls it, unit). In the order of the table.
NAMES = {
    "centroid": ("Spectrum along depth: centroid", "cycles/sample"),
    "bandwidth": ("Spectrum along depth: bandwidth (standard deviation)", "cycles/sample"),
    "f10": ("Spectrum along depth: 10 % of the power below", "cycles/sample"),
    "f90": ("Spectrum along depth: 90 % of the power below", "cycles/sample"),
    "rise": ("Spectrum along depth: rise to its peak", "dB/octave"),
    "decay": ("Spectrum along depth: decay from its peak", "dB/octave"),
    "floor": ("Spectrum along depth: level above 0.375, against its peak", "dB"),
    "flatness": ("Spectrum along depth: flatness (1: white)", ""),
    "drift": ("Centroid of the lower half over that of the upper", ""),
    "lateral_centroid": ("Spectrum along traces: centroid", "cycles/trace"),
    **{f"lag{lag}": (f"Correlation of traces at lag {lag}", "") for lag in LAGS},
    "dip50": ("Dip, magnitude: median", "samples/trace"),
    "dip90": ("Dip, magnitude: 90 %", "samples/trace"),
    "dip_spread": ("Dip: 10 % to 90 %, signed", "samples/trace"),
    "coherence50": ("Structure tensor's coherence: median", ""),
    "coherence10": ("Structure tensor's coherence: 10 %", ""),
    "signal": ("Signal to noise by the next trace, moved along its dip", "dB"),
    "kurtosis": ("Amplitudes: kurtosis (normal: 3)", ""),
    "skew": ("Amplitudes: skewness", ""),
    "clipped": ("Amplitudes: share at -1 or 1", ""),
    "dead": (f"Amplitudes: share of zeros, {BLANK_RUN} or more below each other", ""),
    "energy_depth": ("Energy along depth: deviation of ln RMS", ""),
    "energy_lateral": ("Energy along traces: deviation of ln RMS", ""),
    "energy_local": (f"Energy in boxes of {BOX} x {BOX}: deviation of ln RMS", ""),
    "quiet": (f"Boxes of {BOX} x {BOX} with RMS below a quarter of the median", ""),
    "level": ("Amplitudes: RMS as a network is shown them", ""),
}


def dead_samples(raw):
    """Zeros that follow each other down a trace."""
    zero = raw == 0
    opened = ndimage.binary_opening(zero, np.ones((min(BLANK_RUN, len(raw)), 1), bool))
    return opened & zero


def amplitude_range(raw):
    """The 1 % and 99 % quantiles of live samples that are not zero; None if there is nothing to see."""
    live = raw[(raw != 0) & np.isfinite(raw)]
    if live.size < 64:
        return None
    low, high = np.quantile(live, (0.01, 0.99))
    return (low, high) if high > low else None


def scaled(raw, extent):
    """Amplitudes with `extent` at -1 and 1, clipped; dead samples are 0."""
    low, high = extent
    found = np.clip(2 * (raw - low) / (high - low) - 1, -1, 1).astype(np.float32)
    found[dead_samples(raw)] = 0
    return found


def measure(raw, section_extent):
    """All of NAMES for a crop, scaled by its own amplitude range; only its level is that under `section_extent`, the range of the section that it
    was cut from."""
    found = dict.fromkeys(NAMES, np.nan)
    dead = dead_samples(raw)
    found["dead"] = dead.mean()
    extent = amplitude_range(raw)
    if extent is None:
        return found
    crop, live = scaled(raw, extent), ~dead
    found["level"] = np.sqrt(np.mean(np.square(scaled(raw, section_extent)[live])))
    found |= histogram(crop[live])
    found |= energy(crop, live)
    # Traces that are half dead say little of spectra and neighbours.
    traces = live.mean(axis=0) > 0.5
    if traces.sum() >= 4:
        found |= spectrum(crop[:, traces])
    if traces.sum() >= 16:
        found |= lateral(np.where(live, crop, 0)[:, traces])
    if min(crop.shape) >= 16:
        found |= dips(crop, live)
        found["signal"] = signal(crop, traces)
    return found


def histogram(values):
    centred = values - values.mean()
    deviation = centred.std()
    return {
        "kurtosis": np.mean(centred**4) / deviation**4,
        "skew": np.mean(centred**3) / deviation**3,
        "clipped": np.mean(np.abs(values) >= 1),
    }


def power_along(crop, axis):
    """Mean power spectrum under a Hann window, without the mean; frequencies in cycles per step."""
    count = crop.shape[axis]
    window = np.hanning(count).reshape((-1, 1) if axis == 0 else (1, -1))
    centred = (crop - crop.mean(axis=axis, keepdims=True)) * window
    power = np.mean(np.abs(np.fft.rfft(centred, axis=axis)) ** 2, axis=1 - axis)
    frequency = np.fft.rfftfreq(count)
    return frequency[1:], power[1:] + 1e-12


def centroid(frequency, power):
    return np.sum(frequency * power) / np.sum(power)


def spectrum(crop):
    frequency, power = power_along(crop, 0)
    share = np.cumsum(power) / power.sum()
    middle = centroid(frequency, power)
    below, above = (np.interp(q, share, frequency) for q in (0.1, 0.9))
    level = 10 * np.log10(ndimage.uniform_filter1d(power, 5, mode="nearest"))
    level -= level.max()
    half = len(crop) // 2
    halves = [centroid(*power_along(part, 0)) for part in (crop[:half], crop[half:])]
    return {
        "centroid": middle,
        "bandwidth": np.sqrt(np.sum((frequency - middle) ** 2 * power) / power.sum()),
        "f10": below,
        "f90": above,
        "rise": flank(frequency[::-1], level[::-1]),
        "decay": flank(frequency, level),
        "floor": level[frequency > 0.375].mean(),
        "flatness": np.exp(np.log(power).mean()) / power.mean(),
        "drift": halves[1] / halves[0],
    }


def flank(frequency, level):
    """Decibel per octave from the peak, on in the order given to where the level is 20 dB below it, or to the end."""
    peak = int(np.argmax(level))
    beyond = np.flatnonzero(level[peak:] <= -20)
    end = peak + (beyond[0] if beyond.size else len(level) - 1 - peak)
    octaves = abs(np.log2(frequency[end] / frequency[peak]))
    return -level[end] / octaves if octaves > 0.2 else np.nan


def lateral(crop):
    centred = crop - crop.mean(axis=0)
    found = {"lateral_centroid": centroid(*power_along(crop, 1))}
    for lag in LAGS:
        if crop.shape[1] >= 2 * lag:
            first, second = centred[:, :-lag], centred[:, lag:]
            found[f"lag{lag}"] = np.sum(first * second) / np.sqrt(np.sum(first**2) * np.sum(second**2))
    return found


def dips(crop, live):
    """Structure tensor: gradients at a scale of 1 sample, averaged over 4; its eigenvectors are across and along the beds."""
    down, along = (ndimage.gaussian_filter(crop, 1, order=order) for order in ((1, 0), (0, 1)))
    dd, da, aa = (ndimage.gaussian_filter(product, 4) for product in (down * down, down * along, along * along))
    root = np.hypot(dd - aa, 2 * da)
    # The largest eigenvector is (across the beds); beds climb by -along/down of it. Steeper than 8 is as good as upright.
    angle = 0.5 * np.arctan2(2 * da, dd - aa)
    dip = np.clip(-np.tan(angle), -8, 8)[live]
    coherence = (root / (dd + aa + 1e-9))[live]
    low, high = np.quantile(dip, (0.1, 0.9))
    half, most = np.quantile(np.abs(dip), (0.5, 0.9))
    least, median = np.quantile(coherence, (0.1, 0.5))
    return {"dip50": half, "dip90": most, "dip_spread": high - low, "coherence10": least, "coherence50": median}


def signal(crop, traces, reach=4):
    """What the next trace tells of this one where it is moved by up to `reach` samples: c / (1 - c) of their correlation c, pooled over the crop."""
    pairs = traces[:-1] & traces[1:]
    if not pairs.any():
        return np.nan
    first, second = crop[:, :-1], crop[:, 1:]
    size = (33, 5)
    smooth = lambda values: ndimage.uniform_filter(values, size, mode="nearest")
    own = smooth(first * first)
    best = np.full(first.shape, -1.0, np.float32)
    for shift in range(-reach, reach + 1):
        moved = np.roll(second, shift, axis=0)
        found = smooth(first * moved) / np.sqrt(own * smooth(moved * moved) + 1e-9)
        best = np.maximum(best, found)
    weight = own[:, pairs]
    correlation = np.clip(np.sum(best[:, pairs] * weight) / (weight.sum() + 1e-9), 1e-3, 1 - 1e-4)
    return 10 * np.log10(correlation / (1 - correlation))


def energy(crop, live):
    square = np.where(live, crop**2, 0).astype(np.float64)
    found = {}
    rows, columns = (size // BOX * BOX for size in crop.shape)
    if rows == 0:
        return found
    profile = lambda axis: box_rms(square.sum(axis=axis), live.sum(axis=axis), crop.shape[axis])
    found["energy_depth"] = deviation(profile(1))
    if columns:
        found["energy_lateral"] = deviation(profile(0))
        sums, counts = (a[:rows, :columns].reshape(rows // BOX, BOX, columns // BOX, BOX).sum(axis=(1, 3)) for a in (square, live))
        boxes = np.sqrt(sums[counts > BOX * BOX / 2] / counts[counts > BOX * BOX / 2])
        if boxes.size >= 4:
            found["energy_local"] = deviation(boxes)
            found["quiet"] = np.mean(boxes < np.median(boxes) / 4)
    return found


def box_rms(sums, counts, width):
    """RMS of each BOX rows (or columns) that are half alive."""
    usable = len(sums) // BOX * BOX
    sums, counts = (a[:usable].reshape(-1, BOX).sum(axis=1) for a in (sums, counts))
    there = counts > BOX * width / 2
    return np.sqrt(sums[there] / counts[there])


def deviation(rms):
    """0.01 of the range is as quiet as it gets: 8-bit pictures cannot tell less."""
    return np.std(np.log(np.maximum(rms, 0.01))) if len(rms) >= 3 else np.nan
