#!/usr/bin/env bash
# What a prediction in two parts survives: kill -9 at random moments, a full disk, a survey that is cut short meanwhile, a folder that cannot be
# written to. After each the same commands go on, and the files must be those of an undisturbed run, byte for byte; while anything is missing nothing
# may look finished.
#
#   KILLS=20           how often
#   SEED=1             of the moments
#   SIZE=48x256x350    of the survey
#   DIAPIR=<program>   another program than target/release/diapir
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly DIAPIR=$(realpath "${DIAPIR:-${CARGO_TARGET_DIR:-target}/release/diapir}") KILLS=${KILLS:-20} SEED=${SEED:-1}
readonly SIZE=${SIZE:-48x256x350}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
RANDOM=$SEED

scripts/about.sh "Predictions in parts, killed at $KILLS random moments and resumed" benches/kill-prediction.sh
# What the weights are worth does not matter here.
"$DIAPIR" synth --size 112x112x224 --output "$place/train" --quiet >/dev/null
"$DIAPIR" train --survey "$place/train/seismic.sgy" "$place/train/label.sgy" --recipe demo --device cpu \
    --set stages.0.epochs=1 --set stages.1.epochs=1 --set tiles.line_step=32 --output "$place/run" --quiet >/dev/null
"$DIAPIR" synth --size "$SIZE" --output "$place/survey" --quiet >/dev/null
readonly MODEL=$place/run/model.safetensors SURVEY=$place/survey/seismic.sgy

# predict OUTPUT MORE..: everything that there is to write.
predict() {
    local output=$1
    shift
    "$DIAPIR" predict "$MODEL" "$SURVEY" --device cpu --direction both --uncertainty --mask --output "$output" --quiet "$@" >/dev/null
}
finish() { "$DIAPIR" finish "$SURVEY" --output "$1" --quiet >/dev/null; }
same() {
    local suffix
    for suffix in .sgy -uncertainty.sgy -mask.sgy; do
        cmp "$place/whole$suffix" "${1%.sgy}$suffix" || { echo "kill-prediction: error: $2" >&2; exit 1; }
    done
    echo "$2: equal to the bit"
}

begin=$(date +%s%N)
predict "$place/whole.sgy"
all=$((($(date +%s%N) - begin) / 1000000))
echo "Left alone, at once: $all ms"

# Parts of one output are killed and go on until both are done; then another output begins.
killed=0 run=0 output=0
while ((killed < KILLS)); do
    output=$((output + 1)) left=(1 2) file=$place/killed-$output.sgy
    while ((killed < KILLS && ${#left[@]} > 0)); do
        run=$((run + 1)) part=${left[RANDOM % ${#left[@]}]} moment=$((RANDOM * all / 4 / 32768))
        "$DIAPIR" predict "$MODEL" "$SURVEY" --device cpu --direction both --uncertainty --mask --quiet \
            --output "$file" --part $part/2 >/dev/null 2>"$place/errors" &
        child=$!
        sleep "$(printf '%d.%03d' $((moment / 1000)) $((moment % 1000)))"
        kill -9 $child 2>/dev/null || true
        status=0
        wait $child 2>/dev/null || status=$?
        case $status in
            137) fate="killed after $moment ms" killed=$((killed + 1)) ;;
            0)
                fate="done before $moment ms"
                for index in "${!left[@]}"; do
                    ((left[index] != part)) || unset "left[$index]"
                done
                left=("${left[@]}")
                ;;
            *)
                echo "kill-prediction: error: part $part failed in run $run:" >&2
                cat "$place/errors" >&2
                exit 1
                ;;
        esac
        lines=$(cat "$place/.killed-$output.sgy.work/"*.journal 2>/dev/null | grep -c '"line"' || true)
        echo "Run $run, output $output, part $part: $fate, $lines lines known"
        [[ ! -e $file ]] || { echo "kill-prediction: error: it looks finished" >&2; exit 1; }
    done
    for part in "${left[@]}"; do
        predict "$file" --part "$part/2"
    done
    finish "$file"
    same "$file" "Output $output, with $killed kills so far"
done

# A disk that fills: a file system of too few bytes, which then gets more.
readonly bytes=$(stat -c %s "$SURVEY")
export -f predict
export DIAPIR MODEL SURVEY
if unshare -rm true 2>/dev/null; then
    mkdir "$place/disk"
    unshare -rm bash -euo pipefail -c '
        place=$1 bytes=$2
        mount -t tmpfs -o size=$((bytes * 3)) tmpfs "$place/disk"
        if predict "$place/disk/out.sgy" --resume 2>"$place/errors"; then echo "it fits" >&2; exit 1; fi
        echo "Full disk: $(head -n 1 "$place/errors" | sed "s|$place/||g")"
        [[ ! -e $place/disk/out.sgy ]]
        mount -o remount,size=$((bytes * 20)) "$place/disk"
        predict "$place/disk/out.sgy" --resume
        cp "$place"/disk/out*.sgy "$place"
        mount -o remount,ro "$place/disk"
        if predict "$place/disk/other.sgy" 2>"$place/errors"; then exit 1; fi
        echo "Read-only: $(head -n 1 "$place/errors" | sed "s|$place/||g")"
    ' bash "$place" "$bytes"
    same "$place/out.sgy" "After the full disk"
else
    echo "SKIPPED the full disk and the read-only folder: this system gives no mount namespace"
fi

# A survey that is cut short while it is read.
cp "$SURVEY" "$place/cut.sgy"
"$DIAPIR" predict "$MODEL" "$place/cut.sgy" --device cpu --direction both --uncertainty --mask --output "$place/from-cut.sgy" --resume \
    --quiet >/dev/null 2>"$place/errors" &
child=$!
while [[ ! -e $place/.from-cut.sgy.work/job.json ]]; do sleep 0.05; done
truncate -s $((bytes / 3)) "$place/cut.sgy"
status=0
wait $child || status=$?
echo "Cut survey: exit code $status: $(head -n 1 "$place/errors" | sed "s|$place/||g")"
if ((status == 0)) || [[ -e $place/from-cut.sgy ]]; then
    echo "kill-prediction: error: a survey that was cut short was predicted" >&2
    exit 1
fi
echo "Nothing looked finished before it was."
