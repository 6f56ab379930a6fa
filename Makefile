# Each target does its own set-up; the second time it has nothing to do.
.PHONY: demo install deb install-test test check arm-test deny fuzz inputs ros2-test ros2-latency peers peers-libraries peers-map computers setup setup-arm \
	setup-computers setup-peers setup-ros2 setup-test

demo: setup
	cargo build --release --locked --bin performer-mpc
	target/release/performer-mpc compare doorway --seed 40 --out out/demo

# The program, its models, configurations, documentation, completions and manual pages: make install PREFIX=~/.local
PREFIX ?= /usr/local
install:
	cargo build --release --locked --bin performer-mpc
	launch/install.sh target/release/performer-mpc $(DESTDIR)$(PREFIX)

# The same as a Debian package in target/debian.
deb:
	cargo build --release --locked --bin performer-mpc
	launch/install.sh target/release/performer-mpc out/install
	cargo deb --locked --no-build -p performer-mpc-launch

# Drives from an empty folder without a home, as installed by cargo install, by make install and by the Debian package.
# The program is that of `make test`: cargo build would build it anew, with other features of what it depends on.
install-test:
	cargo test --locked -p performer-mpc-launch --test tidy --no-run
	launch/install_test.sh target/debug/performer-mpc

test: setup-test
	cargo fmt --all --check
	cargo test --locked --workspace

# What takes longer: lints, documentation, training over MPI, and an example in Python.
check: setup-test
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo test --locked -p performer-mpc-launch --features mpi --test mpi
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps
	cd launch/examples && MPLBACKEND=Agg ../../target/irsim/bin/python serve_irsim.py ../../target/debug/performer-mpc

# Everything cross-compiled for 64-bit ARM, and the kernels, perception and controller tested in an emulator.
arm-test: setup-arm
	launch/arm_test.sh

# A folder of inputs, each with what is expected of it and what came of it: make inputs FOLDER=inputs
inputs:
	cargo build --release --locked --bin performer-mpc
	python3 launch/tests/inputs.py $(FOLDER) target/release/performer-mpc

# Licences, sources and banned crates of everything that is built in (deny.toml).
deny:
	@if cargo deny --version >/dev/null 2>&1; then cargo deny --locked check licenses bans sources; \
	else echo "deny: skipped: no cargo-deny (cargo install --locked cargo-deny)"; fi

# Every reader of bytes against random bytes, SECONDS a target (docs/fuzzing.md).
SECONDS ?= 60
fuzz:
	@fuzz/run.sh $(SECONDS)

# The node against a real ROS 2 Jazzy, which is installed from PyPI into target/ros2.
ros2-test: setup-ros2
	launch/ros/test.sh

# Times the node over the wire, built for release, and writes the table of docs/ros2.md.
ros2-latency: setup-ros2
	launch/ros/latency.sh --json out/ros2_latency.json --docs docs/ros2.md

# Times the network, optimal control and the map beside public libraries.
peers: peers-libraries peers-map

# Writes docs/peers.md. Optimal control needs a folder with instances.json: make peers INSTANCES=folder
peers-libraries: setup-peers
	cargo build --release --locked --bin performer-mpc
	python3 launch/benches/peers.py target/release/performer-mpc $(if $(INSTANCES),--instances $(INSTANCES)) \
		--json out/peers_libraries.json --docs docs/peers.md

# Writes the table of docs/mapping.md.
peers-map: setup-peers target/peers/ready
	cargo build --release --locked --bin performer-mpc
	target/peers/bin/python perception/benches/peers.py target/release/performer-mpc --json out/peers.json --docs docs/mapping.md

# Times ticks by instruction set, estimates them for ARM, and writes docs/computers.md.
computers: setup-computers
	cargo build --release --locked --bin performer-mpc
	python3 launch/benches/computers.py target/release/performer-mpc --json out/computers.json --docs docs/computers.md

target/peers/ready: perception/benches/peers.txt
	mkdir -p target
	python3 -m venv --clear target/peers
	target/peers/bin/pip install --quiet --disable-pip-version-check -r perception/benches/peers.txt
	touch target/peers/ready

setup:
	@launch/setup.sh

setup-arm:
	@launch/setup.sh arm

setup-computers:
	@launch/setup.sh computers

setup-peers:
	@launch/setup.sh peers

setup-ros2:
	@launch/setup.sh ros2

setup-test:
	@launch/setup.sh test
