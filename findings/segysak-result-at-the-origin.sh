#!/usr/bin/env bash
# A survey that SEGY-SAK writes lies at the origin for xtgeo, with samples 0 ms apart, or 1 s apart for ObsPy.
#
# One would guess: to_segy writes back what the reader of the same package understood: coordinates in metres
# with the scalar of the file, or the scalar that its coord_scalar argument names; and other readers agree.
# What happens: the writer looks for the scalar in the attributes of the data variable, where its own reader
# does not put it, and overwrites the argument. Bytes 71-72 become 0, coordinates are cut to whole metres
# (12.5 m bins become 12 and 13 m), and bytes 117-118 stay 0 (the binary header has the interval). A scalar of
# 0 means 1 by revision 2, but xtgeo multiplies by it: origin (0, 0), bins of 0.0000001 m; its interval is the
# trace's 0. ObsPy takes the 0 of the trace header for 1 s. No error from any of them.
# Versions: segysak 0.5.4, segyio 1.9.14, xtgeo 4.27.0, obspy 1.5.1.
# Why it matters: probability volumes go through such chains. Read scalar 0 as 1, take the interval from the
# binary header where the trace says 0, write both places always, and look at the bins' size before believing.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile segysak==0.5.4 segyio==1.9.14 xtgeo==4.27.0 obspy==1.5.1 \
    xarray==2026.9.0 numpy==2.4.6
venv/bin/python 2>log - <<'PYTHON' || { cat log; exit 1; }
import warnings

warnings.simplefilter("ignore")
from importlib.metadata import version

import numpy as np
import obspy
import segyio
import segysak
import xarray
import xtgeo

print(*(f"{name} {version(name)}" for name in ("segysak", "segyio", "xtgeo", "obspy")))
inlines, crosslines, samples = 8, 10, 30
spec = segyio.spec()
spec.format, spec.samples, spec.tracecount = 5, np.arange(samples) * 4.0, inlines * crosslines
with segyio.create("given.sgy", spec) as file:
    file.bin[segyio.BinField.Interval] = 4000
    for trace in range(spec.tracecount):
        inline, crossline = divmod(trace, crosslines)
        file.header[trace] = {
            segyio.su.iline: 100 + inline, segyio.su.xline: 300 + crossline, segyio.su.scalco: -100,
            segyio.su.cdpx: 43_100_025 + 2_500 * inline, segyio.su.cdpy: 652_100_075 + 1_250 * crossline,
            segyio.su.dt: 4000, segyio.su.ns: samples, segyio.su.trid: 1, segyio.su.offset: 1,
        }
        file.trace[trace] = np.full(samples, trace, dtype=np.float32)

survey = xarray.open_dataset(
    "given.sgy", dim_byte_fields={"iline": 189, "xline": 193}, extra_byte_fields={"cdp_x": 181, "cdp_y": 185}
).load()
survey.segysak.scale_coords()
assert float(survey.cdp_y[0, 1]) == 6_521_013.25
survey.seisio.to_segy(
    "written.sgy", iline=189, xline=193, coord_scalar=-100, trace_header_map={"cdp_x": 181, "cdp_y": 185}
)

seen = {}
for name in ("given", "written"):
    with segyio.open(f"{name}.sgy") as file:
        first, second = file.header[0], file.header[1]
        raw = [first[key] for key in (segyio.su.scalco, segyio.su.cdpx, segyio.su.cdpy, segyio.su.dt)]
        raw += [second[segyio.su.cdpy] - first[segyio.su.cdpy], file.bin[segyio.BinField.Interval]]
    cube = xtgeo.cube_from_file(f"{name}.sgy")
    seconds = obspy.read(f"{name}.sgy", format="SEGY")[0].stats.delta
    seen[name] = raw, (cube.xori, cube.yori, cube.xinc, cube.yinc, cube.zinc), seconds
    print(f"{name}: scalar {raw[0]}, x {raw[1]}, y {raw[2]}, next y {raw[4]} further,"
          f" interval {raw[3]} us in the trace, {raw[5]} us in the binary header")
    print(f"   xtgeo: origin ({cube.xori}, {cube.yori}), bins {cube.xinc:.3g} x {cube.yinc:.3g} m,"
          f" interval {cube.zinc} ms; obspy: interval {seconds} s")

assert seen["given"][0] == [-100, 43_100_025, 652_100_075, 4000, 1250, 4000]
assert seen["given"][1:] == ((431_000.25, 6_521_000.75, 25.0, 12.5, 4.0), 0.004)
assert seen["written"][0] == [0, 431_000, 6_521_000, 0, 13, 4000]
x, y, width, height, interval = seen["written"][1]
assert (x, y, interval) == (0, 0, 0) and 0 < width < 1e-6 and 0 < height < 1e-6
assert seen["written"][2] == 1.0
PYTHON
