#!/usr/bin/env bash
# Drives by an installed program where nothing else is: install_test.sh PROGRAM.
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")/.."
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir "$root/empty"

# Runs the program of a prefix from an empty folder, without a home and without variables.
run() { # PREFIX ARGUMENTS...
    local installed=$1/bin/performer-mpc
    shift
    (cd "$root/empty" && env -i HOME= PATH=/usr/bin:/bin "$installed" "$@")
}

drives() { # PREFIX POLICY
    run "$1" evaluate doorway --policy "$2" --episodes 1 --seed 1 --json - 2>/dev/null | grep -q '"episodes": 1' || {
        echo "install-test: $1: the policy $2 does not drive" >&2
        exit 1
    }
}

echo "install-test: the program alone, as cargo install leaves it"
mkdir -p "$root/cargo/bin"
cp "$program" "$root/cargo/bin/performer-mpc"
drives "$root/cargo" performer
if run "$root/cargo" model show explicit 2>"$root/said"; then
    echo "install-test: a model was found that is not installed" >&2
    exit 1
fi
grep -q "$root/cargo/share/performer-mpc/models" "$root/said" || {
    echo "install-test: the error does not name where models are installed: $(cat "$root/said")" >&2
    exit 1
}
(cd / && env -i HOME= "$root/cargo/bin/performer-mpc" model show navigator >/dev/null)

echo "install-test: below a prefix, as make install leaves it"
launch/install.sh "$program" "$root/prefix"
drives "$root/prefix" explicit
run "$root/prefix" model show explicit >/dev/null
run "$root/prefix" config --config "$root/prefix/share/performer-mpc/config/jackal.toml" >/dev/null
bash -n "$root/prefix/share/bash-completion/completions/performer-mpc"
for page in performer-mpc performer-mpc-drive performer-mpc-evaluate-barn performer-mpc-model-export; do
    grep -q '^.SH NAME' "$root/prefix/share/man/man1/$page.1"
done

if ! cargo deb --version >/dev/null 2>&1; then
    echo "install-test: Debian package skipped: no cargo-deb (cargo install --locked cargo-deb)"
    exit 0
fi
echo "install-test: the Debian package"
launch/install.sh "$program" out/install
mkdir -p "$root/target/release" # it packs what lies there
cp "$program" "$root/target/release/performer-mpc"
CARGO_TARGET_DIR=$root/target cargo deb --locked --no-build --no-strip --fast -p performer-mpc-launch \
    --output "$root/performer-mpc.deb" >/dev/null
dpkg-deb -x "$root/performer-mpc.deb" "$root/deb"
drives "$root/deb/usr" explicit
# both ways install the same files
list() { (cd "$1" && find . -type f | sed 's/\.gz$//' | sort); }
diff <(list "$root/prefix") <(list "$root/deb/usr" | grep -v '^./share/doc/performer-mpc/copyright$')
