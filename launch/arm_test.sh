#!/usr/bin/env bash
# Cross-compiles everything for 64-bit ARM, and runs tests of perception and controller in an emulator (QEMU, user mode):
# the kernels on a Cortex-A72, which has no products of bytes, and the rest on a processor with all extensions.
# launch/setup.sh arm installs what is needed.
set -euo pipefail
cd "$(dirname "$0")/.."
target=aarch64-unknown-linux-gnu
export CC_aarch64_unknown_linux_gnu=aarch64-linux-gnu-gcc
export CXX_aarch64_unknown_linux_gnu=aarch64-linux-gnu-g++
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64-static -L /usr/aarch64-linux-gnu"

test_with() { # CPU PACKAGE [ARGUMENTS...]
    local cpu=$1 package=$2
    shift 2
    echo "$package on $cpu"
    QEMU_CPU=$cpu cargo test --locked --target "$target" -p "performer-mpc-$package" "$@"
}

cargo check --locked --target "$target" --workspace
test_with cortex-a72 controller --lib -- performer
test_with cortex-a72 controller --test attention --test performer
# those that take seconds in an emulator; the others run on x86-64
test_with max controller --lib --test attention --test closed_form --test explicit --test guard_sensors \
    --test guard_settings --test guard_sight --test learned --test lq --test motion --test no_alloc --test performer \
    --test performer_no_alloc --test policy --test view --test weights
test_with max perception --lib
