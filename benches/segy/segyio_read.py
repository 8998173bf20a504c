"""Milliseconds that segyio takes for the accesses of benches/segy/main.rs, as JSON: FILE ROUNDS."""

import json
import sys
import time

import numpy as np
import segyio


def best(rounds, work):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return min(times)


path, rounds = sys.argv[1], int(sys.argv[2])
result = {}
for name, mapped in (("plain", False), ("mmap", True)):
    with segyio.open(path) as file:
        if mapped:
            file.mmap()
        inline, crossline = file.ilines[len(file.ilines) // 2], file.xlines[len(file.xlines) // 2]
        depth = len(file.samples) // 2
        result[name] = {
            "all": best(rounds, lambda: segyio.tools.cube(file)),
            "raw": best(rounds, lambda: file.trace.raw[:]),
            "inline": best(rounds, lambda: file.iline[inline]),
            "crossline": best(rounds, lambda: file.xline[crossline]),
            "slice": best(rounds, lambda: file.depth_slice[depth]),
        }
        if not mapped:
            result["checksum"] = float(np.sum(file.trace.raw[:], dtype=np.float64))
result["scan"] = best(rounds, lambda: segyio.open(path).close())
print(json.dumps(result))
