"""Neighbours found by `diapir mosaic` against those of a reference, both as tables of places.

python3 benches/mosaics.py FOUND.csv REFERENCE_FOLDER

FOUND.csv is id,group,row,column; the reference folder holds a file per mosaic, ids at their places, empty where there is none.
"""

import csv
import pathlib
import sys


def pairs(places):
    """The pairs that touch, with how: {(first, second, "right" or "below")}."""
    at = {place: tile for tile, place in places.items()}
    found = set()
    for tile, (group, row, column) in places.items():
        for other, how in (((group, row, column + 1), "right"), ((group, row + 1, column), "below")):
            if other in at:
                found.add((tile, at[other], how))
    return found


def reference(folder):
    places = {}
    for path in sorted(pathlib.Path(folder).glob("*.csv")):
        with open(path, newline="") as file:
            rows = list(csv.reader(file))
        # Columns were written in the order of their numbers as text: 0, 1, 10, 2 ..
        columns = sorted(range(max(map(len, rows))), key=str)
        for row, tiles in enumerate(rows):
            for column, tile in zip(columns, tiles):
                if tile:
                    places[tile] = (path.stem, row, column)
    return places


def main():
    with open(sys.argv[1], newline="") as file:
        found = {line["id"]: (line["group"], int(line["row"]), int(line["column"])) for line in csv.DictReader(file)}
    known = reference(sys.argv[2])
    ours, theirs = pairs(found), pairs(known)
    judged = {pair for pair in ours if pair[0] in known and pair[1] in known}
    both = ours & theirs
    print(f"reference: {len(known)} tiles, {len({p[0] for p in known.values()})} mosaics, {len(theirs)} pairs")
    print(f"found:     {len(found)} tiles, {len({p[0] for p in found.values()})} mosaics, {len(ours)} pairs")
    print(f"in both:   {len(both)} pairs")
    print(f"recall:    {len(both) / len(theirs):.4f} of the reference's pairs")
    print(f"precision: {len(both) / len(judged):.4f} of the pairs whose tiles the reference knows both")
    print(f"beyond the reference: {len(ours - judged)} pairs with a tile that it does not know")


if __name__ == "__main__":
    main()
