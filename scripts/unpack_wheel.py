"""Unpacks chosen files of a wheel so that an interrupted run is noticed by the next one.

    unpack_wheel.py check  ROOT NAME                  exit 0 when everything that NAME's list names is there
    unpack_wheel.py unpack ROOT NAME WHEEL PATTERN... unpack what matches, then write the list

ROOT is laid out like site-packages. The list ROOT/installed/NAME (size, tab, path) is written last; licence files go to
ROOT/licenses/NAME. Python 3.8 or later, standard library only.
"""

import os
import re
import shutil
import sys
import zipfile
from pathlib import Path

LICENCE = re.compile(r"[^/]+\.dist-info/(?:licenses/)?((?:[^/]+/)*(?:licen[cs]e|notice|copying)[^/]*)", re.IGNORECASE)


def check(root: Path, name: str) -> bool:
    """Whether every file of the list is there with its size."""
    try:
        lines = (root / "installed" / name).read_text().splitlines()
        entries = [line.split("\t", 1) for line in lines]
        return bool(entries) and all((root / path).stat().st_size == int(size) for size, path in entries)
    except (OSError, ValueError):
        return False


def targets(archive: zipfile.ZipFile, name: str, patterns: list) -> dict:
    """Archive member to path below the root."""
    wanted = re.compile("|".join(patterns))
    found = {}
    for member in archive.infolist():
        licence = LICENCE.fullmatch(member.filename)
        if member.is_dir() or ".." in member.filename.split("/") or member.filename.startswith("/"):
            continue
        if wanted.fullmatch(member.filename):
            found[member] = member.filename
        elif licence:
            found[member] = f"licenses/{name}/{licence.group(1)}"
    missing = [p for p in patterns if not any(re.fullmatch(p, m.filename) for m in found)]
    if missing:
        sys.exit(f"error: {archive.filename} holds nothing that matches {', '.join(missing)}")
    return found


def unpack(root: Path, name: str, wheel: Path, patterns: list) -> None:
    """Unpacks into a temporary folder, renames each file into place, and writes the list last."""
    staging = root / "tmp" / f"unpack-{name}"
    shutil.rmtree(staging, ignore_errors=True)
    with zipfile.ZipFile(wheel) as archive:
        found = targets(archive, name, patterns)
        for member, path in found.items():
            place = staging / path
            place.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, place.open("wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
            if place.stat().st_size != member.file_size:
                sys.exit(f"error: {path} of {wheel} was not unpacked whole")
    for path in found.values():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        os.replace(staging / path, root / path)
    listing = staging.with_suffix(".list")
    listing.write_text("".join(f"{m.file_size}\t{p}\n" for m, p in found.items()))
    (root / "installed").mkdir(exist_ok=True)
    os.replace(listing, root / "installed" / name)
    shutil.rmtree(staging)


def main() -> int:
    verb, root, name = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    if verb == "check":
        return 0 if check(root, name) else 1
    unpack(root, name, Path(sys.argv[4]), sys.argv[5:])
    return 0


if __name__ == "__main__":
    sys.exit(main())
