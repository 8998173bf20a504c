"""One table of what the programs measured: FILE FORMAT FOLDER ROUNDS."""

import json
import os
import subprocess
import sys
import time

path, name, folder, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
ours = json.load(open(f"{folder}/diapir.json"))
segyio = json.load(open(f"{folder}/segyio.json"))


def cat():
    start = time.perf_counter()
    subprocess.run(["sh", "-c", f'cat "{path}" >/dev/null'], check=True)
    return (time.perf_counter() - start) * 1e3


agree = abs(ours["checksum"] - segyio["checksum"]) <= 1e-6 * abs(ours["checksum"]) + 1.0
print(f"\n## {name}, {os.path.getsize(path) / 2**20:.0f} MiB, {ours['threads']} threads\n")
print("| Access | Diapir | segyio | segyio, mmap | Limit | Diapir against the limit |")
print("|---|---:|---:|---:|---:|---:|")
memcpy, best_cat = ours["memcpy"], min(cat() for _ in range(rounds))
rows = [
    ("whole volume", "all", f"memcpy {memcpy:.1f}", memcpy),
    ("inline", "inline", "", None),
    ("crossline", "crossline", "", None),
    ("time slice", "slice", "", None),
]
for label, key, limit, value in rows:
    share = f"{100 * value / ours[key]:.0f} %" if value else ""
    times = [ours[key], segyio["plain"][key], segyio["mmap"][key]]
    print(f"| {label} | " + " | ".join(f"{t:.2f}" for t in times) + f" | {limit} | {share} |")
raw = [segyio[mode]["raw"] for mode in ("plain", "mmap")]
print(f"| whole volume, `trace.raw` | | {raw[0]:.2f} | {raw[1]:.2f} | `cat` {best_cat:.1f} | |")
pread = ours["pread"]
print(f"| whole volume, `pread` and nothing else | | | | {pread:.1f} | {100 * pread / ours['all']:.0f} % |")
headers = ours["headers"]
print(
    f"| open and scan | {ours['scan']:.2f} | {segyio['scan']:.2f} | | headers alone {headers:.1f} | "
    f"{100 * headers / ours['scan']:.0f} % |"
)
print(f"\nSums of all samples {'agree' if agree else 'DIFFER'}.")
sys.exit(0 if agree else 1)
