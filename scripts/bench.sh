#!/usr/bin/env bash
# Runs every benches/*.sh, in order; a failing one does not stop the others, but fails the whole.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

shopt -s nullglob
scripts=(benches/*.sh)
if ((${#scripts[@]} == 0)); then
    echo "bench: error: there is no benches/*.sh" >&2
    exit 1
fi
failed=()
for script in "${scripts[@]}"; do
    printf '==> %s\n' "$script"
    bash "$script" || failed+=("$script")
done
if ((${#failed[@]} > 0)); then
    echo "bench: error: failed: ${failed[*]}" >&2
    exit 1
fi
