#!/usr/bin/env bash
# Formatting, lints, build and tests with and without the optional features. The last line is
# "N passed, N failed, N skipped"; the exit status is 0 only when nothing failed.
#
# A step that is no test run (formatting, lints, build, installation) counts as one. A test that lacks its data prints
# "SKIPPED <what>: <why>" once and returns; cargo counts it as passed, here it counts as skipped. Ignored tests are
# skipped too. The logs stay in <target>/test-logs.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

CARGO=${CARGO:-cargo}
readonly TARGET=${CARGO_TARGET_DIR:-target}
readonly LOGS=$TARGET/test-logs
# Waiting threads of libtorch shall not keep working ones from their cores.
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE}
passed=0 failed=0 skipped=0
failures=()

# Runs a command, shown and logged; sets LOG and STATUS.
logged() {
    LOG=$LOGS/$1.log
    shift
    printf '\n==> %s\n' "$*"
    "$@" 2>&1 | tee "$LOG"
    STATUS=${PIPESTATUS[0]}
}

failure() {
    failures+=("$1")
    failed=$((failed + ${2:-1}))
}

# step NAME COMMAND...: one thing that works or does not.
step() {
    logged "$@"
    if ((STATUS == 0)); then passed=$((passed + 1)); else failure "$1"; fi
}

# Sum of the numbers before a word in the "test result:" lines.
total() { sed -n "s/^test result: .* \([0-9]*\) $1;.*/\1/p" "$LOG" | awk '{ sum += $1 } END { print sum + 0 }'; }

# tests NAME COMMAND...: a run of cargo test.
tests() {
    logged "$@"
    local good bad ignored told
    good=$(total passed) bad=$(total failed) ignored=$(total ignored)
    told=$(grep -c 'SKIPPED [^ ].*: ' "$LOG")
    ((told <= good)) || told=$good
    passed=$((passed + good - told))
    skipped=$((skipped + ignored + told))
    if ((bad > 0)); then
        failure "$1" "$bad"
    elif ((STATUS != 0)); then
        failure "$1" # did not build, or a test program died
    fi
}

# What matters of the log of a failed step.
show_failure() {
    local log=$LOGS/$1.log
    printf '\n==> FAILED: %s (%s)\n' "$1" "$log"
    if grep -qE '^---- .* ----$' "$log"; then
        sed -n '/^failures:$/,/^test result:/p' "$log" | grep -v '^test result:'
    else
        tail -n 40 "$log"
    fi
}

mkdir -p "$LOGS"
rm -f "$LOGS"/*.log

step fmt "$CARGO" fmt --all --check
step clippy "$CARGO" clippy --locked --workspace --all-targets -- -D warnings
step clippy-bare env CARGO_TARGET_DIR="$TARGET/bare" \
    "$CARGO" clippy --locked --no-default-features --all-targets -- -D warnings
step build "$CARGO" build --locked --workspace
tests test "$CARGO" test --locked --workspace --no-fail-fast -- --show-output
tests test-bare env CARGO_TARGET_DIR="$TARGET/bare" \
    "$CARGO" test --locked --no-default-features --no-fail-fast -- --show-output
step check-install env PROFILE=dev scripts/check-install.sh

if grep -hoE 'SKIPPED [^ ].*: .*' "$LOGS"/test*.log >"$LOGS/skipped"; then
    printf '\n==> Skipped\n'
    sort "$LOGS/skipped" | uniq -c
fi
for name in "${failures[@]}"; do show_failure "$name"; done
printf '\n%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
((failed == 0))
