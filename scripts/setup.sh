#!/usr/bin/env bash
# Makes a bare Debian 12 with Rust, make and Python 3 ready to build: system packages, libtorch in .libtorch, and in .venv
# the SEG-Y readers that tests compare with.
# Safe to run again: what is complete is left alone, what was interrupted is continued.
#
#   LIBTORCH=<folder>        use this libtorch 2.11.0 (with include/ and lib/) and download none
#   DIAPIR_SETUP_CUDA=0|1    without / with the CUDA libraries; by default, with them where there is an NVIDIA driver
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly ROOT=.libtorch
readonly REQUIREMENTS=scripts/libtorch-requirements.txt
TORCH_VERSION=$(sed -n 's/^torch==\([0-9.]*\) .*/\1/p' "$REQUIREMENTS")
readonly TORCH_VERSION

say() { printf 'setup: %s\n' "$*"; }
fail() {
    printf 'setup: error: %s\n' "$*" >&2
    exit 1
}
has() { command -v "$1" >/dev/null 2>&1; }

# --- system packages ---------------------------------------------------------------------------------------------

missing_packages() {
    has c++ || echo g++
    has cmake || echo cmake
    has pkg-config || echo pkg-config
    has patchelf || echo patchelf
    has gdalinfo || echo gdal-bin
    [[ -x /usr/bin/time ]] || echo time
    { has pkg-config && pkg-config --exists gdal; } || echo libgdal-dev
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

install_packages() {
    local packages=() root=()
    mapfile -t packages < <(missing_packages)
    if ((${#packages[@]} == 0)); then
        say "system packages: all there"
        return
    fi
    local by_hand="apt-get update && apt-get install --yes --no-install-recommends ${packages[*]}"
    has apt-get || fail "this system has no apt-get; install what these Debian packages hold, then run again: ${packages[*]}"
    if ((EUID != 0)); then
        if ! has sudo || ! { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
            fail "system packages are missing and this is not root; as root, run: $by_hand"
        fi
        root=(sudo)
    fi
    say "installing ${packages[*]}"
    "${root[@]}" apt-get update --quiet || fail "apt-get update failed; as root, run: $by_hand"
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends \
        "${packages[@]}" || fail "apt-get install failed; as root, run: $by_hand"
    mapfile -t packages < <(missing_packages)
    ((${#packages[@]} == 0)) || fail "still missing after the installation: ${packages[*]}"
}

check_rust() {
    has cargo || fail "cargo was not found; install Rust $(rust_version) or later"
    local found
    found=$(rustc --version | cut -d' ' -f2)
    [[ $(printf '%s\n' "$(rust_version)" "${found%%-*}" | sort -V | sed -n 1p) == "$(rust_version)" ]] ||
        fail "rustc is $found, Diapir needs $(rust_version) or later"
    if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
        if has rustup; then
            rustup component add rustfmt clippy
        else
            say "warning: rustfmt or clippy is missing: 'make build' works, 'make test' does not"
        fi
    fi
    say "rust $found"
}

rust_version() { sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml; }

# --- libtorch ----------------------------------------------------------------------------------------------------

check_own_libtorch() {
    local version=
    [[ $LIBTORCH == /* ]] || fail "LIBTORCH is $LIBTORCH, expected an absolute path"
    [[ -e $LIBTORCH/lib/libtorch_cpu.so && -d $LIBTORCH/include ]] ||
        fail "LIBTORCH is $LIBTORCH, but it holds no lib/libtorch_cpu.so and include/"
    if [[ -r $LIBTORCH/build-version ]]; then
        version=$(tr -d '[:space:]' <"$LIBTORCH/build-version")
    elif [[ -r $LIBTORCH/version.py ]]; then
        version=$(sed -n "s/^__version__ = ['\"]\(.*\)['\"]/\1/p" "$LIBTORCH/version.py")
    fi
    [[ ${version%%+*} == "$TORCH_VERSION" ]] ||
        fail "LIBTORCH is $LIBTORCH with version ${version:-unknown}, expected $TORCH_VERSION; unset LIBTORCH to download it"
    say "libtorch $version from LIBTORCH"
}

wants_cuda() {
    case ${DIAPIR_SETUP_CUDA:-auto} in
    0) return 1 ;;
    1) return 0 ;;
    auto) [[ -e /proc/driver/nvidia/version ]] || nvidia-smi -L >/dev/null 2>&1 ;;
    *) fail "DIAPIR_SETUP_CUDA is $DIAPIR_SETUP_CUDA, expected 0 or 1" ;;
    esac
}

# The lines of one group of the requirements file.
group() { sed -n "/^# group: $1\\b/,/^\$/{/^[a-z]/p}" "$REQUIREMENTS"; }

requirement() { grep -m1 "^$1==" "$REQUIREMENTS" || fail "$REQUIREMENTS does not name $1"; }

sha256_of() { echo "${1##*sha256:}"; }

prepare_pip() {
    local wanted
    wanted=$(requirement pip | sed 's/^pip==\([^ ]*\).*/\1/')
    [[ -e $ROOT/venv/ready && $(cat "$ROOT/venv/ready") == "$wanted" ]] && return
    say "preparing pip $wanted"
    rm -rf "$ROOT/venv"
    python3 -m venv "$ROOT/venv"
    requirement pip >"$ROOT/tmp/pip.txt"
    "$ROOT/venv/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade --require-hashes --no-deps \
        --only-binary=:all: --requirement "$ROOT/tmp/pip.txt"
    echo "$wanted" >"$ROOT/venv/ready"
}

# Prints the path of a wheel in $ROOT/wheels with this hash, if there is one. Damaged ones are deleted.
downloaded() {
    local name=$1 sha=$2 wheel
    for wheel in "$ROOT/wheels/${name//-/_}"-*.whl; do
        [[ -e $wheel ]] || continue
        if sha256sum --status --check <<<"$sha  $wheel"; then
            echo "$wheel"
            return
        fi
        rm -f "$wheel"
    done
}

# Downloads one wheel, unless a whole one is there from an interrupted run; sets WHEEL.
fetch() {
    local name=$1 line sha platforms=() minor
    line=$(requirement "$name")
    sha=$(sha256_of "$line")
    WHEEL=$(downloaded "$name" "$sha")
    [[ -z $WHEEL ]] || return 0
    prepare_pip
    for minor in 28 27 25 18 17; do platforms+=(--platform "manylinux_2_${minor}_x86_64"); done
    platforms+=(--platform manylinux2014_x86_64)
    echo "$line" >"$ROOT/tmp/$name.txt"
    say "downloading ${line%% *}"
    # Into tmp first: a wheel below wheels/ is always a whole one.
    TMPDIR=$PWD/$ROOT/tmp "$ROOT/venv/bin/python" -m pip download --disable-pip-version-check --require-hashes \
        --no-deps --only-binary=:all: --resume-retries 20 --python-version 3.11 --implementation cp --abi cp311 \
        --abi none "${platforms[@]}" --dest "$ROOT/tmp/download" --requirement "$ROOT/tmp/$name.txt" ||
        fail "the download of ${line%% *} failed; run 'make setup' again, it goes on from here"
    mkdir -p "$ROOT/wheels"
    mv "$ROOT/tmp/download/"*.whl "$ROOT/wheels/"
    WHEEL=$(downloaded "$name" "$sha")
    [[ -n $WHEEL ]] || fail "what was downloaded as ${line%% *} does not have the sha256 $sha"
}

# take PART PACKAGE PATTERN...: unpacks these files of the package's wheel unless they are there.
take() {
    local part=$1 name=$2
    shift 2
    python3 scripts/unpack_wheel.py check "$ROOT" "$part" && return
    fetch "$name"
    say "unpacking ${WHEEL##*/}"
    python3 scripts/unpack_wheel.py unpack "$ROOT" "$part" "$WHEEL" "$@"
}

take_torch() {
    take "torch-$TORCH_VERSION" torch 'torch/include/.*' 'torch/lib/libtorch\.so' 'torch/lib/libtorch_cpu\.so' \
        'torch/lib/libc10\.so' 'torch/lib/libgomp\.so\.1'
    if wants_cuda; then
        take "torch-cuda-$TORCH_VERSION" torch 'torch/lib/libtorch_cuda\.so' \
            'torch/lib/lib(torch_cuda_linalg|c10_cuda|torch_nvshmem|caffe2_nvrtc)\.so'
    fi
}

take_nvidia() {
    take cuda-runtime nvidia-cuda-runtime 'nvidia/cu13/lib/libcudart\.so\.13'
    take cuda-cupti nvidia-cuda-cupti 'nvidia/cu13/lib/libcupti\.so\.13'
    wants_cuda || return 0
    local name
    while IFS='=' read -r name _; do
        take "$name" "$name" 'nvidia/.*/lib/.*\.so[.0-9]*'
    done < <(group cuda)
}

install_libtorch() {
    [[ $(uname -m) == x86_64 ]] || fail "the libtorch wheels are for x86_64, this is $(uname -m); set LIBTORCH instead"
    [[ ! -L $ROOT ]] || fail "$ROOT is a symbolic link; remove it, or set LIBTORCH to $(readlink -f "$ROOT")/torch"
    mkdir -p "$ROOT"
    exec 9>"$ROOT/lock"
    flock --nonblock 9 || { say "waiting for another setup" && flock 9; }
    rm -rf "$ROOT/tmp"
    mkdir "$ROOT/tmp"
    take_torch
    take_nvidia
    echo "$TORCH_VERSION" >"$ROOT/tmp/build-version"
    cmp --silent "$ROOT/tmp/build-version" "$ROOT/torch/build-version" ||
        mv "$ROOT/tmp/build-version" "$ROOT/torch/build-version"
    rm -rf "$ROOT/tmp" "$ROOT/wheels"
    ! ldd "$ROOT/torch/lib/libtorch_cpu.so" | grep 'not found' ||
        fail "libtorch_cpu.so in $ROOT/torch/lib misses the libraries above"
    say "libtorch $TORCH_VERSION in $ROOT/torch ($(wants_cuda && echo "with CUDA" || echo "CPU only"))"
}

# --- other people's SEG-Y reader, for tests ------------------------------------------------------------------------

# Tests skip, loudly, what needs it; nothing else does.
install_test_tools() {
    local wanted=tests/python/requirements.txt
    cmp --silent "$wanted" .venv/ready && return
    say "preparing .venv for tests"
    rm -rf .venv
    if python3 -m venv .venv && .venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --only-binary=:all: --requirement "$wanted"; then
        cp "$wanted" .venv/ready
    else
        rm -rf .venv
        say "warning: no segyio and ObsPy in .venv: the tests that compare with them are skipped"
    fi
}

install_packages
check_rust
if [[ -n ${LIBTORCH:-} ]]; then check_own_libtorch; else install_libtorch; fi
install_test_tools
say "done"
