#!/usr/bin/env bash
# How fast the built-in model for surveys is, beside that for tiles, which stood in its place before: a survey end to end and a section
# in memory, in turns, so that what else the machine does meets both.
#
#   DIAPIR=PROGRAM   another program than target/release/diapir
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

DIAPIR=${DIAPIR:-${CARGO_TARGET_DIR:-target}/release/diapir}
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

scripts/about.sh "Prediction by the built-in models, in turns" benches/survey-speed.sh
for model in tgs survey tgs survey; do
    for command in "predict $model --size 100x200x462 --repeat 1 --output $place" "section $model --repeat 5"; do
        # shellcheck disable=SC2086 -- the words are arguments
        printf '`diapir bench %s %s`\n\n```text\n%s\n```\n\n' "${command%% *}" $model "$("$DIAPIR" bench $command --device cpu --quiet)"
    done
done
