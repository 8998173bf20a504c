#!/usr/bin/env bash
# Prediction with the built-in network on the CPU: each stage, end to end against the networks alone, and how long a viewer waits for a section;
# with libtorch's threads asleep while they wait (as `diapir` has it) and spinning (OMP_WAIT_POLICY=active).
#
#   DIAPIR=<program>   another program than target/release/diapir
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly DIAPIR=${DIAPIR:-${CARGO_TARGET_DIR:-target}/release/diapir}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

scripts/about.sh "Prediction on the CPU, stage by stage" benches/pipeline.sh
for policy in passive active; do
    printf '\n## OMP_WAIT_POLICY=%s\n\n' $policy
    for command in "predict --repeat 5 --output $place" "section --repeat 9"; do
        # shellcheck disable=SC2086 -- the words are arguments
        printf '`diapir bench %s`\n\n```text\n%s\n```\n\n' "${command%% *}" \
            "$(OMP_WAIT_POLICY=$policy "$DIAPIR" bench $command --device cpu --quiet)"
    done
done
