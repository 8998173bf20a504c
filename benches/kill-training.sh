#!/usr/bin/env bash
# Kills a training (kill -9) at random moments, resumes it each time, and compares what it comes to with a training that was left alone:
# weights, checkpoint and history must be equal to the bit.
#
#   KILLS=10           how often
#   SEED=1             of the moments
#   DIAPIR=<program>   another program than target/release/diapir
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly DIAPIR=${DIAPIR:-${CARGO_TARGET_DIR:-target}/release/diapir} KILLS=${KILLS:-10} SEED=${SEED:-1}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
RANDOM=$SEED

scripts/about.sh "Trainings killed at $KILLS random moments and resumed" benches/kill-training.sh
"$DIAPIR" synth --size 80x80x160 --output "$place/survey" --quiet >/dev/null
train() {
    "$DIAPIR" train --survey "$place/survey/seismic.sgy" "$place/survey/label.sgy" --recipe benches/kill-training.toml \
        --device cpu --quiet "$@" >/dev/null
}
begin=$(date +%s%N)
train --output "$place/whole"
all=$((($(date +%s%N) - begin) / 1000000))
echo "Left alone: $all ms"

for ((kill = 1; kill <= KILLS; kill++)); do
    resume=()
    [[ -e $place/killed/checkpoint.safetensors ]] && resume=(--resume)
    # Within a sixth of the whole, so that ten kills and what they lose fit into one training.
    moment=$((RANDOM * all / 6 / 32768))
    "$DIAPIR" train --survey "$place/survey/seismic.sgy" "$place/survey/label.sgy" --recipe benches/kill-training.toml \
        --device cpu --quiet --output "$place/killed" "${resume[@]}" >/dev/null 2>"$place/errors" &
    child=$!
    sleep "$(printf '%d.%03d' $((moment / 1000)) $((moment % 1000)))"
    if kill -9 $child 2>/dev/null; then fate="killed"; else fate="was done already"; fi
    status=0
    wait $child 2>/dev/null || status=$?
    if ((status != 137 && status != 0)); then
        echo "kill-training: error: the training failed after kill $((kill - 1)):" >&2
        cat "$place/errors" >&2
        exit 1
    fi
    epochs=0
    [[ -e $place/killed/history.jsonl ]] && epochs=$(wc -l <"$place/killed/history.jsonl")
    echo "Run $kill: $fate after $moment ms, $epochs epochs done"
done
if [[ -e $place/killed/checkpoint.safetensors ]]; then train --output "$place/killed" --resume; else train --output "$place/killed"; fi

python3 - "$place/whole" "$place/killed" <<'PY'
import json, pathlib, struct, sys

def content(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    text = json.loads(header["__metadata__"]["diapir"])
    text.pop("seconds", None)
    header["__metadata__"]["diapir"] = text
    return header, data[8 + size:]

whole, killed = map(pathlib.Path, sys.argv[1:])
files = sorted(p.relative_to(whole) for p in whole.rglob("*.safetensors"))
assert files == sorted(p.relative_to(killed) for p in killed.rglob("*.safetensors")), "the same files"
for name in files:
    assert content(whole / name) == content(killed / name), f"{name} differs"
def history(run):
    lines = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "seconds"} for line in lines]
assert history(whole) == history(killed), "the histories differ"
print(f"Equal to the bit: {', '.join(map(str, files))}, and {len(history(whole))} epochs of history.")
PY
