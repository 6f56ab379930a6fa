#!/usr/bin/env bash
# Installs what is missing to build (with "test" to test, with "arm" to test for 64-bit ARM in an emulator, with "ros2" to
# build and test the node, with "peers" to time the program beside public libraries, with "computers" to estimate its speed on
# other processors) on Debian or Ubuntu.
# Asks nothing; quick when all is there.
set -eu
cd "$(dirname "$0")/.."

command -v cargo >/dev/null || { echo "setup: cargo is missing: install Rust (https://rustup.rs)" >&2; exit 1; }

missing=()
command -v cmake >/dev/null || missing+=(cmake) # builds OSQP
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v make >/dev/null || missing+=(make)
[ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || missing+=(fonts-dejavu-core) # words in pictures
if [ "${1:-}" = test ]; then
    command -v git >/dev/null || missing+=(git)
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
        command -v google-chrome >/dev/null || missing+=(chromium) # plays the animation
    python3 -c "import venv, ensurepip" 2>/dev/null || missing+=(python3 python3-venv)
    command -v mpirun >/dev/null || missing+=(openmpi-bin) # starts several processes
    command -v mpicc >/dev/null || missing+=(libopenmpi-dev)
    compgen -G "/usr/lib/llvm-*/lib/libclang.so" >/dev/null || missing+=(libclang-dev) # reads MPI's headers
fi
if [ "${1:-}" = ros2 ]; then
    command -v c++ >/dev/null || missing+=(g++) # builds interfaces
    command -v readelf >/dev/null || missing+=(binutils)
    compgen -G "/usr/lib/llvm-*/lib/libclang.so" >/dev/null || missing+=(libclang-dev) # reads ROS's headers
    compgen -c python3.1 | grep -qE '^python3\.1[123]$' || missing+=(python3)
    python3 -c "import venv, ensurepip" 2>/dev/null || missing+=(python3-venv)
    headers='import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))'
    python3 -c "$headers" 2>/dev/null || missing+=(python3-dev) # interfaces for rclpy are built
fi
if [ "${1:-}" = peers ]; then # what builds models of solvers, and what Open3D loads
    command -v g++ >/dev/null || missing+=(g++)
    python3 -c "import venv, ensurepip" 2>/dev/null || missing+=(python3 python3-venv)
    for library in libusb-1.0.so.0:libusb-1.0-0 libGL.so.1:libgl1 libX11.so.6:libx11-6 libgomp.so.1:libgomp1; do
        ldconfig -p | grep -q "${library%:*}" || missing+=("${library#*:}")
    done
fi
if [ "${1:-}" = computers ] && ! compgen -c llvm-mca | grep -qE '^llvm-mca-(1[7-9]|[2-9][0-9])$'; then
    # older ones have no table of a Neoverse N1
    newest=$(apt-cache search --names-only '^llvm-[0-9]+$' 2>/dev/null | sed 's/ .*//' | sort -V | tail -n 1)
    missing+=("${newest:-llvm}")
fi
if [ "${1:-}" = arm ]; then
    command -v aarch64-linux-gnu-gcc >/dev/null || missing+=(gcc-aarch64-linux-gnu)
    command -v aarch64-linux-gnu-g++ >/dev/null || missing+=(g++-aarch64-linux-gnu)
    command -v qemu-aarch64-static >/dev/null || missing+=(qemu-user-static)
    [ -e /usr/aarch64-linux-gnu/include/stdio.h ] || missing+=(libc6-dev-arm64-cross)
fi
if [ "${#missing[@]}" -gt 0 ]; then
    command -v apt-get >/dev/null || {
        echo "setup: please install: ${missing[*]}" >&2
        exit 1
    }
    root=""
    [ "$(id -u)" -eq 0 ] || root="sudo"
    echo "setup: installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    $root apt-get update -qq &&
        $root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || {
        echo "setup: apt-get cannot install ${missing[*]}: is there a network?" >&2
        exit 1
    }
fi

rustup component list --installed 2>/dev/null | grep -q clippy ||
    rustup component add clippy rustfmt 2>/dev/null || true

# the standard library for ARM
if { [ "${1:-}" = arm ] || [ "${1:-}" = computers ]; } && [ ! -e "$(rustc --print sysroot)/lib/rustlib/aarch64-unknown-linux-gnu" ]; then
    command -v rustup >/dev/null || {
        echo "setup: rustc has no standard library for aarch64-unknown-linux-gnu: install Rust by https://rustup.rs," \
            "or unpack that of the same version (libstd-rust-dev:arm64 beside Debian's rustc)" >&2
        exit 1
    }
    rustup target add aarch64-unknown-linux-gnu || {
        echo "setup: rustup cannot add the target aarch64-unknown-linux-gnu: is there a network?" >&2
        exit 1
    }
fi

# the simulator that the example of docs/serve.md drives in
if [ "${1:-}" = test ] && [ ! -e target/irsim/ready ]; then
    echo "setup: installing ir-sim from PyPI into target/irsim"
    mkdir -p target
    python3 -m venv --clear target/irsim
    target/irsim/bin/pip install --quiet --disable-pip-version-check ir-sim==2.12.0
    touch target/irsim/ready
fi

# the runtime that exported networks are compared in (launch/tests/onnx.rs)
if [ "${1:-}" = test ] && [ ! -e target/onnx/ready ]; then
    echo "setup: installing ONNX Runtime from PyPI into target/onnx"
    mkdir -p target
    python3 -m venv --clear target/onnx
    target/onnx/bin/pip install --quiet --disable-pip-version-check onnxruntime==1.32.0
    touch target/onnx/ready
fi
