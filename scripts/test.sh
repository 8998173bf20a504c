#!/usr/bin/env bash
# Everything that has to hold before a change lands. The last line is the summary.
set -uo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed_steps=()

step() {
    local name=$1; shift
    printf '== %s\n' "$name"
    "$@" 2>&1 | tee -a "$log"
    [ "${PIPESTATUS[0]}" -eq 0 ] || failed_steps+=("$name")
}

bare() { CARGO_TARGET_DIR=target/bare cargo "$@" --locked --no-default-features; }

step "format" cargo fmt --all --check
step "lint, all features" cargo clippy --locked --workspace --all-targets --quiet -- -D warnings
step "build" cargo build --locked --workspace
step "tests" cargo test --locked --workspace --no-fail-fast -- --nocapture
step "tests without libtorch and GDAL" bare test --no-fail-fast --quiet -- --nocapture

count() { grep -E '^test result:' "$log" | grep -oE "[0-9]+ $1" | awk '{sum += $1} END {print sum + 0}'; }
passed=$(count passed); failed=$(count failed); skipped=$(grep -c '^SKIPPED' "$log")
[ "$skipped" -gt 0 ] && { printf '== skipped\n'; grep '^SKIPPED' "$log" | sort | uniq -c; }
if [ ${#failed_steps[@]} -gt 0 ]; then
    printf '== failed steps: %s\n' "${failed_steps[*]}"
    grep -E '^test .* FAILED$|panicked at' "$log" | sort -u
    [ "$failed" -eq 0 ] && failed=${#failed_steps[@]}
fi
printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" -eq 0 ]
