#!/usr/bin/env bash
# Installs into a temporary prefix, moves it, then builds a C program against it through CMake and through pkg-config
# and runs both without LD_LIBRARY_PATH. PROFILE as for install.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
unset LD_LIBRARY_PATH

WORK=$(mkdir -p "${CARGO_TARGET_DIR:-target}" && mktemp -d "$(realpath "${CARGO_TARGET_DIR:-target}")/check-install.XXXXXX")
trap 'rm -rf "$WORK"' EXIT
readonly STAGE="$WORK/stage" MOVED="$WORK/a moved place" SOURCE="$WORK/source"

fail() {
    printf 'check-install: error: %s\n' "$*" >&2
    exit 1
}

write_program() {
    mkdir -p "$SOURCE"
    cat >"$SOURCE/version.c" <<'C'
#include <diapir/diapir.h>
#include <inttypes.h>
#include <stdio.h>

int main(void) {
    const uint32_t abi = diapir_abi_version();
    printf("%" PRIu32 ".%" PRIu32 ".%" PRIu32 "\n", abi / 1000000u, abi / 1000u % 1000u, abi % 1000u);
    return 0;
}
C
    cat >"$SOURCE/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.16)
project(check LANGUAGES C)
find_package(diapir $VERSION REQUIRED CONFIG)
add_executable(version version.c)
target_link_libraries(version PRIVATE diapir::diapir)
CMAKE
}

# The program must print the version of Cargo.toml and load everything of libtorch from the moved place.
check_program() {
    local said loaded
    said=$("$1") || fail "$2: the program exits with $?"
    [[ $said == "$VERSION" ]] || fail "$2: the program says version $said, Cargo.toml says $VERSION"
    loaded=$(ldd "$1")
    ! grep 'not found' <<<"$loaded" || fail "$2: libraries are missing"
    ! grep -E '/lib(diapir|torch|c10|gomp|cud|cup)' <<<"$loaded" | grep -vF "$MOVED/" ||
        fail "$2: the libraries above come from outside the installed tree"
    echo "check-install: $2: $said"
}

scripts/install.sh /usr "$STAGE"
VERSION=$("${CARGO:-cargo}" pkgid --locked --package diapir | sed 's/.*[#@]//')
mv "$STAGE/usr" "$MOVED"
rmdir "$STAGE" || fail "the installation wrote outside PREFIX"
write_program

cmake -S "$SOURCE" -B "$WORK/cmake" -DCMAKE_PREFIX_PATH="$MOVED"
cmake --build "$WORK/cmake"
check_program "$WORK/cmake/version" "find_package"

export PKG_CONFIG_PATH="$MOVED/lib/pkgconfig"
[[ $(pkg-config --modversion diapir) == "$VERSION" ]] || fail "pkg-config does not say version $VERSION"
# pkg-config escapes blanks for the shell: eval reads that.
eval "cc -std=c99 -Wall -Wextra -Wpedantic -Werror $(printf '%q' "$SOURCE/version.c") -o $(printf '%q' "$WORK/version") \
    $(pkg-config --cflags --libs diapir) -Wl,-rpath,$(printf '%q' "$MOVED/lib")"
check_program "$WORK/version" "pkg-config"

"$MOVED/bin/diapir" --version >/dev/null || fail "bin/diapir --version does not run"
echo "check-install: done"
