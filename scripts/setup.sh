#!/usr/bin/env bash
# Installs what Diapir is built with: Debian packages, and libtorch under .libtorch/. Run again at any time:
# what is there is kept, what was interrupted goes on.
set -euo pipefail
cd "$(dirname "$0")/.."

version=2.11.0
home=.libtorch
cuda_wheels=(nvidia-cudnn-cu13==9.19.0.56 nvidia-cusparselt-cu13==0.8.0 nvidia-nccl-cu13==2.28.9 nvidia-nvshmem-cu13==3.4.5)
cuda_toolkit='cuda-toolkit[cublas,cudart,cufft,cufile,cupti,curand,cusolver,cusparse,nvjitlink,nvrtc,nvtx]==13.0.2'

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || die "needs the packages ${missing[*]}; as root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The hash of a package in the requirements file.
hash_of() { sed -n "s/^$1==.*sha256:\([0-9a-f]*\).*/\1/p" scripts/libtorch-requirements.txt; }

# Downloads one wheel, unless a whole one is there, and prints its path.
wheel() {
    local name=$1 pattern=$2 file
    for file in "$home"/wheels/$pattern; do
        if [ -f "$file" ] && echo "$(hash_of "$name")  $file" | sha256sum --check --status; then
            echo "$file"
            return
        fi
        rm -f "$file"
    done
    grep "^$name==" scripts/libtorch-requirements.txt >"$home/wheels/$name.txt"
    "$home/venv/bin/pip" download --quiet --require-hashes --no-deps --only-binary=:all: --dest "$home/wheels" \
        --resume-retries 20 --python-version 3.11 --implementation cp --abi cp311 --abi none \
        --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 --platform manylinux_2_17_x86_64 \
        --platform manylinux2014_x86_64 --requirement "$home/wheels/$name.txt" >&2
    for file in "$home"/wheels/$pattern; do echo "$file"; done
}

# Unpacks members of a wheel beside their final place; renamed only when whole.
unpack() {
    local file=$1 top=$2; shift 2
    rm -rf "$home/unpack" && mkdir -p "$home/unpack"
    python3 - "$file" "$home/unpack" "$@" <<'PY'
import fnmatch, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in wheel.namelist():
        if any(fnmatch.fnmatch(name, pattern) for pattern in sys.argv[3:]):
            wheel.extract(name, sys.argv[2])
PY
    mkdir -p "$(dirname "$home/$top")"
    rm -rf "${home:?}/$top.old"
    [ -e "$home/$top" ] && mv "$home/$top" "$home/$top.old"
    mv "$home/unpack/$top" "$home/$top"
    rm -rf "$home/unpack" "$home/$top.old"
}

has_gpu() { [ -n "${DIAPIR_SETUP_CUDA:-}" ] || [ -e /proc/driver/nvidia/version ]; }

install_libtorch() {
    local kind=cpu
    has_gpu && kind=cuda
    if [ "$(cat "$home/complete" 2>/dev/null)" = "$version $kind" ]; then
        say "libtorch $version ($kind) is in $home"
        return
    fi
    [ "$(uname -m)" = x86_64 ] || die "libtorch is installed for x86_64 only; set LIBTORCH to libtorch $version for $(uname -m)"
    say "installing libtorch $version ($kind) into $home; about 530 MB are downloaded"
    mkdir -p "$home/wheels"
    if [ ! -x "$home/venv/bin/pip" ]; then
        rm -rf "$home/venv"
        python3 -m venv "$home/venv"
    fi
    "$home/venv/bin/python" -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
    local file members=('torch/include/*' torch/lib/libtorch.so torch/lib/libtorch_cpu.so torch/lib/libc10.so torch/lib/libgomp.so.1)
    [ "$kind" = cuda ] && members+=('torch/lib/*')
    file=$(wheel torch 'torch-*.whl') && unpack "$file" torch "${members[@]}"
    echo "$version" >"$home/torch/build-version"
    if [ "$kind" = cuda ]; then
        "$home/venv/bin/pip" install --quiet --no-deps --target "$home" --upgrade "${cuda_wheels[@]}"
        "$home/venv/bin/pip" install --quiet --target "$home" --upgrade "$cuda_toolkit"
    else
        file=$(wheel nvidia-cuda-runtime 'nvidia_cuda_runtime-*.whl')
        unpack "$file" nvidia/cu13/lib '*/libcudart.so.13'
        file=$(wheel nvidia-cuda-cupti 'nvidia_cuda_cupti-*.whl')
        mv "$home/nvidia/cu13/lib/libcudart.so.13" "$home/wheels/"
        unpack "$file" nvidia/cu13/lib '*/libcupti.so.13'
        mv "$home/wheels/libcudart.so.13" "$home/nvidia/cu13/lib/"
    fi
    echo "$version $kind" >"$home/complete"
    rm -rf "$home/wheels"
}

check_libtorch() {
    local found
    [ -e "$LIBTORCH/lib/libtorch_cpu.so" ] || die "LIBTORCH is $LIBTORCH, which has no lib/libtorch_cpu.so"
    found=$(cat "$LIBTORCH/build-version" 2>/dev/null || sed -n "s/^__version__ = '\(.*\)'/\1/p" "$LIBTORCH/version.py" 2>/dev/null || true)
    case "$found" in
    "$version" | "$version"+*) say "using libtorch $found of LIBTORCH=$LIBTORCH" ;;
    *) die "LIBTORCH is $LIBTORCH, version '${found:-unknown}'; Diapir needs $version" ;;
    esac
}

command -v cargo >/dev/null || die "needs Rust: install rustup, then run this again"
command -v python3 >/dev/null || die "needs Python 3"
install_packages libgdal-dev gdal-bin cmake make g++ pkg-config patchelf time python3-venv
if [ -n "${LIBTORCH:-}" ]; then check_libtorch; else install_libtorch; fi
cargo fetch --locked --quiet
say "done"
