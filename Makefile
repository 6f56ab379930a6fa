# Each target does its own set-up; the second time it has nothing to do.
.PHONY: demo test setup setup-test

demo: setup
	cargo build --release --locked --bin performer-mpc
	target/release/performer-mpc compare doorway --seed 12 --out out/demo

test: setup-test
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo test --locked --workspace
	cargo test --locked -p performer-mpc-launch --features mpi --test mpi
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps
	cd launch/examples && MPLBACKEND=Agg ../../target/irsim/bin/python serve_irsim.py ../../target/debug/performer-mpc

setup:
	@launch/setup.sh

setup-test:
	@launch/setup.sh test
