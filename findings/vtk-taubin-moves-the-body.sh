#!/usr/bin/env bash
# Taubin smoothing moves a mesh by metres to kilometres when its coordinates are map coordinates.
#
# One would guess: a low pass over neighbouring vertices does not know where the origin is, so a body may be
# placed on the map first and smoothed after.
# What happens: VTK's windowed sinc filter (pyvista: smooth_taubin) gains slightly more or less than one at
# frequency zero, and multiplies the coordinates themselves. A sphere at easting 431 km, northing 6521 km
# moves by 13 m with pyvista's defaults, 280 m with 5 iterations, 10 km with the Hamming window; shape and
# closure are kept, so no check of those sees it. With normalize_coordinates=True (off by default), or for the
# same sphere at the origin, nothing moves. trimesh's filter_taubin does not move it either.
# Versions: vtk 9.7.2, pyvista 0.49.1, trimesh 5.2.0.
# Why it matters: surfaces of salt are smoothed before export. Smooth in local coordinates, add the origin
# last, and compare the centre of gravity before and after.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --no-compile vtk==9.7.2 pyvista==0.49.1 trimesh==5.2.0 scipy==1.17.1 numpy==2.4.6
venv/bin/python - <<'PYTHON'
import numpy as np
import pyvista
import trimesh
import vtk

print("vtk", vtk.VTK_VERSION, "pyvista", pyvista.__version__, "trimesh", trimesh.__version__)
sphere = pyvista.Sphere(radius=500, theta_resolution=80, phi_resolution=80)
local, triangles = np.array(sphere.points, dtype=float), sphere.regular_faces
faces = np.c_[np.full(len(triangles), 3), triangles]
on_map = np.array([431_000.0, 6_521_000.0, -2_500.0])


def moved(origin, **options):
    """How far the mean of all vertices moves, in metres."""
    before = pyvista.PolyData(local + origin, faces)
    after = before.smooth_taubin(**options)
    assert after.points.dtype == float and after.is_manifold
    return np.linalg.norm((np.array(after.points) - np.array(before.points)).mean(axis=0))


cases = {
    "at the origin, defaults": (moved(0 * on_map), 0, 1e-6),
    "on the map, defaults": (moved(on_map), 12, 14),
    "on the map, 5 iterations": (moved(on_map, n_iter=5), 270, 290),
    "on the map, Hamming window": (moved(on_map, window_function="hamming"), 10_000, 11_000),
    "on the map, normalize_coordinates": (moved(on_map, normalize_coordinates=True), 0, 1e-3),
}
mesh = trimesh.Trimesh(local + on_map, triangles, process=False)
smooth = trimesh.smoothing.filter_taubin(mesh.copy())
cases["on the map, trimesh"] = (np.linalg.norm((smooth.vertices - mesh.vertices).mean(axis=0)), 0, 1e-3)
for name, (metres, low, high) in cases.items():
    print(f"{name:36} moved by {metres:10.3f} m")
for name, (metres, low, high) in cases.items():
    assert low <= metres <= high, name
PYTHON
