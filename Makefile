# Two commands do everything on a fresh Debian 12 machine with Swift 6.2 or newer: `make demo` and `make test`.

PACKAGES := libdnnl-dev libopenblas-dev libnanomsg-dev libturbojpeg0-dev libpng-dev libwebp-dev libzstd-dev zlib1g-dev libssl-dev libsqlite3-dev
# What the test over a bad network needs; it is skipped, and says so, where the rights are missing.
TEST_PACKAGES := iproute2 python3
# What the image and its tests need.
KUBERNETES_PACKAGES := binutils ca-certificates golang-github-containers-common iproute2 python3 python3-venv python3-yaml runc tzdata umoci
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
LORAD := .build/release/lorad
# Numeric tests run with optimisation; testing needs a build folder of its own because its flags differ.
TESTING := -c release --scratch-path .build/testing -Xswiftc -enable-testing --explicit-target-dependency-import-check error

# A pipe fails where a part of it does.
SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c

.PHONY: system-packages build demo tested lint test test-manifests test-image test-kubernetes install deb

INSTALL = dpkg -s $(1) >/dev/null 2>&1 || \
	{ $(SUDO) apt-get update && $(SUDO) apt-get install -y --no-install-recommends $(1); }

system-packages:
	@$(call INSTALL,$(PACKAGES))

build: system-packages
	swift build -c release --product lorad

# Federates an adapter over three workers on a bundled model and pictures that it draws, and measures what it gives.
# A program that the tests were built with is brought up to date and used, so that nothing is built twice.
TESTED := $(wildcard .build/testing/release/lorad)

demo: $(if $(TESTED),tested,build)
	$(or $(TESTED),$(LORAD)) demo --keep out/demo --overwrite

tested: system-packages
	swift build --product lorad $(TESTING)

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

test: system-packages lint
	@$(call INSTALL,$(TEST_PACKAGES))
	swift build --build-tests $(TESTING)
	@# What failed is said once more at the end, where it is seen.
	LORAD_CHECK_MEMORY=1 timeout --foreground 900 swift test --skip-build $(TESTING) 2>&1 | tee .build/test.log || \
		{ grep -aE '✘|error:' .build/test.log | cut -c 1-1000 | tail -n 40; exit 1; }
	LORAD=.build/testing/release/lorad cluster/network/netem.sh

# The manifests of cluster/kubernetes against the schemas; after `make test`.
test-manifests:
	@$(call INSTALL,ca-certificates python3 python3-venv)
	LORAD=.build/testing/release/lorad cluster/kubernetes/test.sh

# The same, and their pods under runc, which needs root.
test-kubernetes: test-manifests test-image

# Where the packages cannot be had it is skipped, and says so.
test-image:
	-@$(call INSTALL,$(KUBERNETES_PACKAGES))
	$(SUDO) env LORAD=.build/testing/release/lorad cluster/image/test.sh

# What was built, with pages, completions and units; make install PREFIX=/usr DESTDIR=stage puts it into a folder.
PREFIX ?= /usr/local
VERSION := $(shell sed -n 's/.*static let number = "\(.*\)"/\1/p' Sources/lorad/Version.swift)

install:
	LORAD=$(LORAD) PREFIX=$(PREFIX) DESTDIR=$(DESTDIR) cluster/debian/install.sh

# A Debian package in out/, which needs no Swift where it is installed.
deb: system-packages
	@$(call INSTALL,dpkg-dev)
	VERSION=$(VERSION) cluster/debian/build.sh
