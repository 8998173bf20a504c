"""Reads files that Diapir wrote with segyio and ObsPy, and compares samples and headers with what was meant.

    read_written.py MANIFEST

MANIFEST is a JSON list of objects: file, endian ("big" or "little"), interval (microseconds), samples, delay (ms), lines (inline
and crossline of each trace, in file order), xy (coordinates of each trace in hundredths), rectangle and obspy (whether there are no gaps, and whether ObsPy knows the format) and data (name of a file of all samples
as little-endian float32). Exit status 0 and one line per file when all agree.
"""

import json
import sys
import warnings

import numpy as np
import segyio
from segyio import BinField, TraceField

warnings.filterwarnings("ignore")
from obspy.io.segy.segy import _read_segy  # noqa: E402


def demand(holds, what):
    if not holds:
        sys.exit(f"read_written: {what}")


def with_segyio(case, data):
    with segyio.open(case["file"], ignore_geometry=True, endian=case["endian"]) as file:
        demand(file.tracecount == len(data), f"segyio: {case['file']}: {file.tracecount} traces")
        demand(np.array_equal(file.trace.raw[:].astype("f4"), data), f"segyio: {case['file']}: samples")
        demand(file.bin[BinField.Interval] == case["interval"], f"segyio: {case['file']}: interval")
        lines = np.stack([file.attributes(TraceField.INLINE_3D)[:], file.attributes(TraceField.CROSSLINE_3D)[:]], 1)
        demand(np.array_equal(lines, case["lines"]), f"segyio: {case['file']}: line numbers")
        xy = np.stack([file.attributes(TraceField.CDP_X)[:], file.attributes(TraceField.CDP_Y)[:]], 1)
        demand(np.array_equal(xy, case["xy"]), f"segyio: {case['file']}: coordinates")
        delay = file.attributes(TraceField.DelayRecordingTime)[:]
        demand((delay == case["delay"]).all(), f"segyio: {case['file']}: delay")
        demand("DIAPIR TEST" in file.text[0].decode("ascii", "replace"), f"segyio: {case['file']}: textual header")
    if case["rectangle"]:
        # Strict: the whole geometry must make sense to segyio.
        with segyio.open(case["file"], endian=case["endian"]) as file:
            shape = (len(file.ilines), len(file.xlines), len(file.samples))
            demand(np.prod(shape) == data.size, f"segyio: {case['file']}: {shape}")


def with_obspy(case, data):
    file = _read_segy(case["file"], unpack_headers=True)
    demand(len(file.traces) == len(data), f"ObsPy: {case['file']}: {len(file.traces)} traces")
    for number, (trace, expected) in enumerate(zip(file.traces, data)):
        demand(np.array_equal(np.asarray(trace.data, "f4"), expected), f"ObsPy: {case['file']}: trace {number}")
        header = trace.header
        lines = [
            header.for_3d_poststack_data_this_field_is_for_in_line_number,
            header.for_3d_poststack_data_this_field_is_for_cross_line_number,
        ]
        demand(lines == case["lines"][number], f"ObsPy: {case['file']}: lines of trace {number}: {lines}")
        interval = header.sample_interval_in_ms_for_this_trace
        demand(interval == case["interval"], f"ObsPy: {case['file']}: interval of trace {number}: {interval}")


for case in json.load(open(sys.argv[1])):
    data = np.fromfile(case["data"], "<f4").reshape(-1, case["samples"])
    with_segyio(case, data)
    if case["obspy"]:
        with_obspy(case, data)
    readers = "segyio and ObsPy agree" if case["obspy"] else "segyio agrees"
    print(f"{case['file']}: {len(data)} traces of {case['samples']} samples: {readers}")
