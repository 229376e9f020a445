# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Shared by the scripts beside it: they source it first. Leaves the caller in the root of the checkout.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
# Objects compiled in one checkout serve another one, whatever its path.
export CCACHE_NOHASHDIR=1
export CCACHE_BASEDIR="$ROOT"

die() {
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  exit "${2:-1}"
}

say() { printf '%s\n' "$*"; }

heading() { printf '\n== %s\n' "$*"; }

# quietly LOG COMMAND...: the output goes to the log; it is shown only when the command fails.
quietly() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  if ! "$@" >"$log" 2>&1; then
    grep -vE '^\[[0-9]+/[0-9]+\] (Building|Linking|Re-run|Re-check)' "$log" | tail -n 120 >&2 || true
    printf '%s: failed: %s (all of its output: %s)\n' "$(basename "$0")" "$*" "$log" >&2
    return 1
  fi
}

# The value after an option: need_value --for "$@"
need_value() { [ "$#" -ge 3 ] || die "$1 needs a value" 2; }
