"""Checks with segyio that a result volume has the geometry and the headers of the survey that it was made from.

    same_geometry.py SURVEY RESULT

Trace headers may differ in the two fields that describe the samples (bytes 115-116 and 117-118). No sample may be NaN
or infinite, and dead traces of the survey (identification code 2, bytes 29-30) are 0 throughout. Exit status 0 and one
line when all holds; the first difference and exit status 1 otherwise.
"""

import sys

import numpy as np
import segyio

TRACE_SAMPLE_COUNT = segyio.TraceField.TRACE_SAMPLE_COUNT
TRACE_SAMPLE_INTERVAL = segyio.TraceField.TRACE_SAMPLE_INTERVAL
MAY_DIFFER = {TRACE_SAMPLE_COUNT, TRACE_SAMPLE_INTERVAL}


def demand(holds: bool, what: str) -> None:
    if not holds:
        sys.exit(f"same_geometry: {what}")


def same(name: str, survey, result) -> None:
    demand(np.array_equal(survey, result), f"{name}: {survey!r} in the survey, {result!r} in the result")


def raw_headers(path: str, count: int, samples: int, width: int) -> np.ndarray:
    """All 240-byte trace headers, as they stand in the file."""
    trace = np.dtype([("header", "u1", 240), ("body", "u1", samples * width)])
    return np.memmap(path, dtype=trace, mode="r", offset=3600, shape=(count,))["header"]


def main() -> None:
    first, second = sys.argv[1:3]
    # Not strict: segyio gives no lines (None) for a survey with missing traces; the headers are compared all the same.
    with segyio.open(first, strict=False) as survey, segyio.open(second, strict=False) as result:
        same("inlines", survey.ilines, result.ilines)
        same("crosslines", survey.xlines, result.xlines)
        same("samples", survey.samples, result.samples)
        same("sorting", survey.sorting, result.sorting)
        same("traces", survey.tracecount, result.tracecount)
        same("offsets", survey.offsets, result.offsets)
        dead = 0
        for index in range(survey.tracecount):
            before, after = survey.header[index], result.header[index]
            for field in before:
                if field not in MAY_DIFFER:
                    same(f"trace {index}, byte {int(field)}", before[field], after[field])
            trace = result.trace.raw[index]
            demand(bool(np.isfinite(trace).all()), f"trace {index} holds NaN or infinity")
            demand(0.0 <= trace.min() and trace.max() <= 1.0, f"trace {index} is no probability")
            if before[segyio.TraceField.TraceIdentificationCode] == 2:
                dead += 1
                demand(not trace.any(), f"dead trace {index} is not 0")
        traces = survey.tracecount
        grid = None if survey.ilines is None else (len(survey.ilines), len(survey.xlines))
        widths = [file.dtype.itemsize for file in (survey, result)]
        samples = len(survey.samples)
    headers = [raw_headers(path, traces, samples, width) for path, width in zip((first, second), widths)]
    differ = np.flatnonzero((headers[0] != headers[1]).any(axis=0)) + 1
    demand(set(differ.tolist()) <= {115, 116, 117, 118}, f"trace headers differ in bytes {differ.tolist()}")
    lines = "no rectangle" if grid is None else "inlines x crosslines {} x {}".format(*grid)
    print(f"{lines}, {traces} traces ({dead} dead) of {samples} samples: same geometry, same headers, no NaN")


if __name__ == "__main__":
    main()
