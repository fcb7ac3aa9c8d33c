#!/usr/bin/env bash
# Installs what building (and, with "test", testing) needs on Debian 12; quick and quiet when all is there.
# Usage: tools/install.sh [build|test]
set -euo pipefail
cd "$(dirname "$0")/.."

build_packages=(g++-12 gcc-12 cmake ninja-build ccache pkg-config dpkg-dev
  libre2-dev libpcre2-dev libfmt-dev libspdlog-dev libboost1.81-dev libyaml-dev
  libpugixml-dev libexpat1-dev libarchive-dev libzstd-dev zlib1g-dev libbz2-dev liblzma-dev liblz4-dev
  libssl-dev libsodium-dev libsqlite3-dev libcli11-dev libacl1-dev nettle-dev libxml2-dev libyara-dev libmagic-dev libjansson-dev python3 tzdata libgtest-dev librapidcheck-dev)
test_packages=(clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev python3-venv git chromium)

packages=("${build_packages[@]}")
[ "${1:-build}" = test ] && packages+=("${test_packages[@]}")

# Node.js runs the browser test; any that is there already will do.
[ "${1:-build}" = test ] && ! command -v npm >/dev/null && packages+=(nodejs npm)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
    echo "tools/install.sh: root or sudo is needed for: $*" >&2
    return 1
  fi
}

if [ "${#missing[@]}" -gt 0 ]; then
  echo "installing: ${missing[*]}" >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

# simdjson 3.0.1 from its Debian source package: the binary package holds a shared library only.
third=build/third_party/simdjson
if [ ! -f "$third/simdjson.cpp" ]; then
  echo "fetching the Debian source package of simdjson" >&2
  mkdir -p "$third"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/parts" "$work/lists/partial"
  for file in /etc/apt/sources.list.d/debian.sources; do
    [ -f "$file" ] && sed 's/^Types: .*/Types: deb-src/' "$file" > "$work/parts/source.sources"
  done
  if [ ! -f "$work/parts/source.sources" ]; then
    grep -E '^deb .*(bookworm)' /etc/apt/sources.list | sed 's/^deb /deb-src /' > "$work/parts/source.list"
  fi
  options=(-qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$work/parts" -o "Dir::State::lists=$work/lists"
    -o "Dir::Cache=$work" -o Debug::NoLocking=1 -o APT::Sandbox::User=)
  (cd "$work" && apt-get "${options[@]}" update && apt-get "${options[@]}" source --download-only simdjson=3.0.1-1)
  tar xzf "$work"/simdjson_3.0.1.orig.tar.gz -C "$work"
  cp "$work"/simdjson-3.0.1/LICENSE "$work"/simdjson-3.0.1/singleheader/simdjson.h "$third/"
  cp "$work"/simdjson-3.0.1/singleheader/simdjson.cpp "$third/simdjson.cpp"
fi

# Independent decoders and parsers that tests compare with, by name and version, in a folder of their own.
if [ "${1:-build}" = test ]; then
  venv=build/venv
  if ! cmp -s tests/requirements.txt "$venv/requirements.txt"; then
    echo "installing the Python packages of tests/requirements.txt" >&2
    python3 -m venv "$venv"
    # Without a network, tests that need one that is not there yet say so; the next run tries again.
    if "$venv/bin/pip" install -q --disable-pip-version-check -r tests/requirements.txt; then
      cp tests/requirements.txt "$venv/requirements.txt"
    else
      echo "not all of them can be had" >&2
    fi
  fi
fi
