#!/usr/bin/env bash
# clang-tidy over the C++ files that changed against the last landed commit (or --all), with the compile commands of the asan build.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" = --all ]; then
  mapfile -t files < <(git ls-files 'src/*.cc')
else
  base=${TOCSIN_TIDY_BASE:-}
  if [ -z "$base" ]; then
    base=$(git rev-parse --verify -q HEAD~1 || true)
  fi
  # A clone of one commit has nothing to compare with; --all looks at everything.
  [ -n "$base" ] || { echo "skip changed files: no earlier commit to compare with"; exit 0; }
  mapfile -t files < <(git diff --name-only --diff-filter=d "$base" -- 'src/*.cc')
fi
[ "${#files[@]}" -gt 0 ] || { echo "no C++ file changed"; exit 0; }
printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy-19 --quiet -p build/asan
