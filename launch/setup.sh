#!/usr/bin/env bash
# Installs what the build needs and is missing (Debian, Ubuntu). Asks nothing; quick when all is there.
set -eu

missing=()
command -v cmake >/dev/null || missing+=(cmake) # builds OSQP
if [ "${#missing[@]}" -gt 0 ]; then
    root=""
    [ "$(id -u)" -eq 0 ] || root="sudo"
    echo "setup: installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    $root apt-get update -qq
    $root apt-get install -y -qq "${missing[@]}" >/dev/null
fi
command -v cargo >/dev/null || { echo "setup: cargo is missing: install Rust first" >&2; exit 1; }
