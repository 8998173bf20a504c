#!/usr/bin/env bash
# install.sh PREFIX DESTDIR [CARGO BUILD FLAGS...]: builds, then installs a tree that can be moved as a whole.
#
#   PROFILE=release|dev          cargo profile (release)
#   INSTALL_LIBTORCH=copy|link   copy libtorch into lib/diapir (default), or make lib/diapir a link to its folder:
#                                for CUDA, whose libraries are found beside libtorch's own place
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
    printf 'install: error: %s\n' "$*" >&2
    exit 1
}

(($# >= 2)) || fail "usage: scripts/install.sh PREFIX DESTDIR [CARGO BUILD FLAGS...]"
readonly PREFIX=$1 DEST=$2$1
shift 2
[[ $PREFIX == /* ]] || fail "PREFIX is $PREFIX, expected an absolute path"
command -v patchelf >/dev/null || fail "patchelf was not found; run 'make setup'"
[[ -e include/diapir/diapir.h ]] || fail "include/diapir/diapir.h is not there: this is no whole checkout"
case ${INSTALL_LIBTORCH:=copy} in copy | link) ;; *) fail "INSTALL_LIBTORCH is $INSTALL_LIBTORCH, expected copy or link" ;; esac

CARGO=${CARGO:-cargo}
PROFILE=${PROFILE:-release}
BUILT=${CARGO_TARGET_DIR:-target}/$([[ $PROFILE == dev ]] && echo debug || echo "$PROFILE")
TORCH=${LIBTORCH:-$PWD/.libtorch/torch}
"$CARGO" build --profile "$PROFILE" --locked --workspace "$@"
VERSION=$("$CARGO" pkgid --locked --package diapir | sed 's/.*[#@]//')
SONAME=libdiapir.so.${VERSION%%.*}
readonly CARGO PROFILE BUILT TORCH VERSION SONAME

# Puts a file in place under a temporary name, then renames: a running host keeps the old one.
put() {
    local mode=$1 source=$2 place=$DEST/$3
    mkdir -p "$(dirname "$place")"
    cp --reflink=auto "$source" "$place.new"
    chmod "$mode" "$place.new"
    mv -f "$place.new" "$place"
}

# Fills a template of cmake/ and puts it in place.
put_template() {
    sed -e "s/@VERSION@/$VERSION/g" -e "s/@SONAME@/$SONAME/g" "cmake/$1.in" >"$WORK/$1"
    put 644 "$WORK/$1" "$2/$1"
}

put_library() {
    cp "$BUILT/libdiapir.so" "$WORK/libdiapir.so"
    # shellcheck disable=SC2016 # $ORIGIN is for the loader
    patchelf --set-soname "$SONAME" --set-rpath '$ORIGIN/diapir' "$WORK/libdiapir.so"
    put 755 "$WORK/libdiapir.so" "lib/libdiapir.so.$VERSION"
    ln -sfn "libdiapir.so.$VERSION" "$DEST/lib/$SONAME"
    ln -sfn "$SONAME" "$DEST/lib/libdiapir.so"
}

# The libraries of libtorch that libdiapir.so loads, and what those load that no system package holds.
libtorch_files() {
    local found
    found=$(ldd "$BUILT/libdiapir.so") || fail "ldd could not read $BUILT/libdiapir.so"
    ! grep 'not found' <<<"$found" >&2 || fail "libdiapir.so misses the libraries above"
    sed -n 's/.* => \(.*\/lib\(torch[^/]*\|c10\|gomp\|cudart\|cupti\)[-.][^/]*\) (0x.*/\1/p' <<<"$found"
}

put_libtorch() {
    local files file
    if [[ -L $DEST/lib/diapir ]]; then rm "$DEST/lib/diapir"; fi
    if [[ $INSTALL_LIBTORCH == link ]]; then
        rm -rf "$DEST/lib/diapir"
        ln -s "$(readlink -f "$TORCH/lib")" "$DEST/lib/diapir"
        return
    fi
    files=$(libtorch_files)
    while read -r file; do
        put 755 "$(readlink -f "$file")" "lib/diapir/${file##*/}"
    done <<<"$files"
    [[ -d .libtorch/licenses && -z ${LIBTORCH:-} ]] || return 0
    while IFS= read -r -d '' file; do
        put 644 ".libtorch/licenses/$file" "share/licenses/diapir/third-party/$file"
    done < <(cd .libtorch/licenses && find . -type f -print0)
}

WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
put 755 "$BUILT/diapir" bin/diapir
put_library
if [[ $(ldd "$BUILT/libdiapir.so") == *libtorch_cpu* ]]; then put_libtorch; fi
for header in include/diapir/*; do put 644 "$header" "$header"; done
put_template diapirConfig.cmake lib/cmake/diapir
put_template diapirConfigVersion.cmake lib/cmake/diapir
put_template diapir.pc lib/pkgconfig
for licence in LICENSE-MIT LICENSE-APACHE; do put 644 "$licence" "share/licenses/diapir/$licence"; done
printf 'install: diapir %s in %s\n' "$VERSION" "$DEST"
