#!/usr/bin/env bash
# The head of a benchmark's output: what was measured, where, when, at which commit, by which command.
#   scripts/about.sh "WHAT" COMMAND...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

what=$1
shift
changed=$(git status --porcelain --untracked-files=no 2>/dev/null | sed -n 1p)
printf '# %s\n\n' "$what"
printf -- '- Date: %s\n' "$(date -u +%Y-%m-%d)"
printf -- '- Commit: %s%s\n' "$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)" "${changed:+, with changes}"
printf -- '- Command: `%s`\n' "$*"
printf -- '- Processor: %s, %s cores seen\n' "$(sed -n 's/^model name\s*: //p' /proc/cpuinfo | sed -n 1p)" "$(nproc)"
printf -- '- Memory: %s GiB\n' "$(awk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)"
printf -- '- System: %s %s, %s\n' "$(uname -sr)" "$(uname -m)" "$(rustc --version)"
printf -- '- Load at the start: %s\n\n' "$(cut -d' ' -f1 /proc/loadavg)"
