#!/usr/bin/env bash
# Runs every fuzz target for so many seconds, 60 by default; or those named behind the seconds.
# Says so, and does nothing, where cargo-fuzz or a nightly compiler is missing.
set -eu
cd "$(dirname "$0")/.."
seconds="${1:-60}"
[ "$#" -eq 0 ] || shift

if ! cargo +nightly --version >/dev/null 2>&1; then
    echo "fuzz: skipped: no nightly compiler (rustup toolchain install nightly)"
    exit 0
fi
if ! cargo fuzz --version >/dev/null 2>&1; then
    echo "fuzz: skipped: no cargo-fuzz (cargo install --locked cargo-fuzz)"
    exit 0
fi

targets=("$@")
[ "${#targets[@]}" -gt 0 ] || mapfile -t targets < <(cargo +nightly fuzz list --fuzz-dir fuzz)

cargo +nightly fuzz build --fuzz-dir fuzz
# the address sanitizer keeps what was freed for a while: that is not the program's memory
export ASAN_OPTIONS="${ASAN_OPTIONS:-quarantine_size_mb=16:detect_leaks=0}"
for target in "${targets[@]}"; do
    echo "fuzz: $target for $seconds s"
    mkdir -p "fuzz/corpus/$target"
    cargo +nightly fuzz run --fuzz-dir fuzz "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
        -max_total_time="$seconds" -timeout=10 -malloc_limit_mb=512 -rss_limit_mb=1024 \
        -max_len=65536 -print_final_stats=1
done
