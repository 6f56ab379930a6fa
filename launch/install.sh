#!/usr/bin/env bash
# Installs a built program below a prefix: install.sh PROGRAM PREFIX. What it searches there: launch/runtime/src/model_file.rs.
set -euo pipefail
program=$(realpath "$1") prefix=$(realpath -m "$2")
cd "$(dirname "$0")/.."
share=$prefix/share
name=performer-mpc

install -d "$prefix/bin" "$share/$name/models" "$share/$name/config" "$share/doc/$name/docs" "$share/man/man1" \
    "$share/bash-completion/completions" "$share/zsh/vendor-completions" "$share/fish/vendor_completions.d"
install "$program" "$prefix/bin/$name"
install -m 644 models/* "$share/$name/models"
install -m 644 launch/runtime/config/*.toml "$share/$name/config"
install -m 644 README.md CHANGELOG.md LICENSE-* "$share/doc/$name"
install -m 644 docs/* "$share/doc/$name/docs"
"$program" man --out "$share/man/man1"
"$program" completions bash >"$share/bash-completion/completions/$name"
"$program" completions zsh >"$share/zsh/vendor-completions/_$name"
"$program" completions fish >"$share/fish/vendor_completions.d/$name.fish"
