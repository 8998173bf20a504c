#!/usr/bin/env bash
# Trains the built-in model for surveys as it was trained: random sections alone, first windows of 160, then of 256 from there on;
# halves the file; scores it on the real sections if they are at hand. Stopped by whatever, it goes on where it was.
#
#   OUTPUT=FOLDER      where the runs are kept                        [default: target/survey-model]
#   EPOCHS=N           of each stage, to try the way itself           [default: the recipes']
#   DIAPIR=PROGRAM     another program than target/release/diapir
#   OMP_NUM_THREADS=N  cores                                          [default: all]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export DIAPIR=${DIAPIR:-${CARGO_TARGET_DIR:-target}/release/diapir}
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE}
output=${OUTPUT:-target/survey-model}
mkdir -p "$output"

scripts/about.sh "The model for surveys, trained on random sections" benches/survey-model.sh

# stage NAME RECIPE OPTION...: the options are those of a training that begins.
stage() {
    local run=$output/$1 options=(--recipe "$2" --device cpu --quiet)
    shift 2
    [[ -z ${EPOCHS:-} ]] || options+=(--set "stages.0.epochs=$EPOCHS")
    if [[ -e $run/checkpoint.safetensors ]]; then options+=(--resume); else options+=("$@"); fi
    "$DIAPIR" train "${options[@]}" --output "$run"
}

stage first benches/survey-model/first.toml
stage second survey --initial "$output/first/model.safetensors"
"$DIAPIR" model halve "$output/second/model.safetensors" --output "$output/survey.safetensors" --overwrite
benches/sections.sh --model "$output/survey.safetensors" --output "$output/sections"
