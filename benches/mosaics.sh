#!/bin/sh
# All tiles of the TGS challenge put together, timed, and compared with the mosaics that its first place worked with.
# Needs ../shared/data/tgs. Usage: benches/mosaics.sh
set -eu
cd "$(dirname "$0")/.."
data=../shared/data/tgs
[ -e "$data/test.tar" ] || { echo "SKIPPED: $data is not there" >&2; exit 0; }
cargo build --release --workspace --quiet
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tar xf "$data/train.tar" -C "$work"
tar xf "$data/test.tar" -C "$work"
tar xJf "$data/mosaics-reference.tar.xz" -C "$work"
scripts/about.sh "Mosaics of the 22,000 TGS tiles" benches/mosaics.sh
for choice in "" "--match-histograms" \
              "--min-certainty 0.15" "--min-certainty 0.15 --match-histograms"; do
    printf '\n## diapir mosaic train test --output found.csv %s\n\n```text\n' "$choice"
    # shellcheck disable=SC2086
    target/release/diapir mosaic "$work/train" "$work/test" --output "$work/found.csv" --quiet $choice | grep -v Table
    python3 benches/mosaics.py "$work/found.csv" "$work/data/mos_numpy_v2"
    echo '```'
done
