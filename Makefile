# Each target does its own set-up; the second time it has nothing to do.
.PHONY: setup test

setup:
	@launch/setup.sh

test: setup
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo test --workspace
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps
