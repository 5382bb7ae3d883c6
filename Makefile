# `make test` on a fresh Debian 12 machine with Swift: installs the system packages, builds, lints, tests.
# `make demo` will follow the same pattern.

PACKAGES := libdnnl-dev libopenblas-dev libnanomsg-dev libturbojpeg0-dev libpng-dev
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: system-packages build lint test

system-packages:
	@dpkg -s $(PACKAGES) >/dev/null 2>&1 || { $(SUDO) apt-get update && $(SUDO) apt-get install -y $(PACKAGES); }

build: system-packages
	swift build -c release --product lorad

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

# Numeric tests are run with optimisation; testing needs its own build folder because its flags differ.
test: system-packages lint
	swift build -c release --build-tests --scratch-path .build/testing -Xswiftc -enable-testing --explicit-target-dependency-import-check error
	swift test -c release --skip-build --scratch-path .build/testing -Xswiftc -enable-testing --explicit-target-dependency-import-check error
