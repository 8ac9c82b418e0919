# SPDX-License-Identifier: MIT
# The front door. Each part has its own build: CMake in user space, Kbuild for the
# driver, vm/ for the virtual machine. Here they are put in order.
.NOTPARALLEL:
.DEFAULT_GOAL := help
SHELL := /bin/bash

# Everything that is fetched or costly to build; may be shared by several trees.
export GROQ_CACHE ?= $(CURDIR)/build/cache
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
UDEV ?= /usr/lib/udev

USER := build/user
SANITIZED := build/sanitized
THREADED := build/threaded
COVERED := build/covered
FUZZED := build/fuzzed
PACKAGED := build/packaged
GUEST := $(CURDIR)/build/guest
DEBUG := build/debug
COVERAGE := build/coverage
# What `make test` runs on the debug kernel too: all of it is `make test-debug`.
TROUBLE := ^(driver/(removal|hang|stress|fence|copy_behind)|uring/|kunit/|recovery/|cables/(a_measurement|links_come)|failslab/(calls|uring))
SOAK = tests/vm/soak/run --image $(DEBUG)/guest --minutes $(MINUTES) \
	--json build/soak.json --log build/soak.log
MINUTES ?= 60
KERNEL := $(GROQ_CACHE)/kernel# another one: laid out as by vm/fetch-kernel.sh
MODULE := kernel/groq.ko

# ThreadSanitizer knows but some of the places where a kernel may put things.
IN_PLACE = $(shell setarch -R true 2>/dev/null && echo setarch -R)

# What is compiled to be run once is done sooner with fewer optimisations.
ONCE := -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS='-O1 -g1'

# A build in user space: folder, options.
define configure
@mkdir -p build
@[ -e $(1)/build.ninja ] || cmake -S . -B $(1) -G Ninja $(2) >$(1).log 2>&1 || \
	{ cat $(1).log; exit 1; }
endef

# Phases are numbered in the order in which `run` and `test` go through them.
phase = @printf '[%s] %s\n' '$(1)$(if $(PHASES),/$(PHASES))' '$(2)'
run: PHASES := 6
test: PHASES := 14
test: DEBUG_PHASE := 11
test: MINUTES := 3
test-debug soak coverage: PHASES := 6

help: ## this list
	@echo 'make run           a real model on an emulated card, through the real driver'
	@echo 'make run SIM=1     the same in process, without virtual machine or driver'
	@echo 'make test          everything that shows that it works'
	@echo
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 19 | sed 's/^/make /'
	@echo
	@echo 'GROQ_CACHE=FOLDER  where downloads and the QEMU build are kept'
	@echo 'JOBS=N             compile N files at a time'

ifdef SIM
run: PHASES := 3
run: user-deps user sim ## classify the Fashion-MNIST test images on card 0
else
run: deps user kernel qemu guest
	$(call phase,6,two cards and a cable in a virtual machine)
	@vm/boot --driver --topology node2 --script vm/demo.sh --timeout 3600
endif

sim:
	$(call phase,3,one chip in process)
	@dataset=$$(vm/fetch-packages.sh dataset dataset-fashion-mnist) && \
	FASHION_MNIST_DIR=$$dataset/usr/share/datasets/fashion-mnist \
	LD_LIBRARY_PATH=$(GUEST)/stage/usr/lib PATH=$(GUEST)/stage/usr/bin:$$PATH \
		vm/demo.sh sim:

test: deps user kernel qemu guest unit sanitized threaded qtest vmtest debugtest shortsoak ## everything below

unit: user ## unit tests
	$(call phase,6,unit tests)
	@ctest --test-dir $(USER) --output-on-failure --no-tests=error -j $(JOBS) \
		-LE conformance

nightly: user fuzz ## tests that take long: 100,000 random programs, every input of functions, fuzz
	@ctest --test-dir $(USER) --output-on-failure --no-tests=error -C nightly -L nightly

# GROQ_FUZZ_SECONDS: for each, by default a minute.
fuzz: BUILD := -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ \
	-DGROQ_SANITIZE=fuzzer-no-link,address,undefined
fuzz: ## libFuzzer on what reads files, programs and texts of others
	@vm/install.sh user fuzz
	$(call configure,$(FUZZED),$(BUILD))
	@ninja -C $(FUZZED) -j $(JOBS) fuzz_targets
	@ctest --test-dir $(FUZZED) --output-on-failure --no-tests=error -j $(JOBS) -L fuzz

sanitized: BUILD := -DGROQ_SANITIZE=address,undefined $(ONCE)
sanitized: ## chip, runtime and what reads files under AddressSanitizer and UBSan
	$(call phase,7,chip and runtime under AddressSanitizer and UBSan)
	$(call configure,$(SANITIZED),$(BUILD))
	@ninja -C $(SANITIZED) -j $(JOBS) conformance_test chip_fuzz_test fuzz_targets
	@ctest --test-dir $(SANITIZED) --output-on-failure --no-tests=error -j $(JOBS) \
		-R '^(conformance\.|chip_fuzz|fuzz\.)'
	@ninja -C $(SANITIZED) -j $(JOBS) runtime_tests

threaded: ## the runtime under ThreadSanitizer
	$(call phase,8,the runtime under ThreadSanitizer)
	$(call configure,$(THREADED),-DGROQ_SANITIZE=thread $(ONCE))
	@$(IN_PLACE) ninja -C $(THREADED) -j $(JOBS) runtime_tests

qtest: qemu ## tests of the device without a guest
	$(call phase,9,the device without a guest)
	@tests/qtest/run.py --qemu $(GUEST)/qemu

vmtest: qemu guest ## tests of driver and card in virtual machines
	$(call phase,10,driver and card in virtual machines)
	@tests/vm/run

# On the debug kernel, each with a build of the driver and a guest of its own.
debugtest: debug-driver debug-guest ## where trouble is, on a kernel that finds mistakes
	$(call phase,13,trouble on a debug kernel)
	@tests/vm/run --image $(DEBUG)/guest --filter '$(TROUBLE)'

shortsoak: debug-driver debug-guest
	$(call phase,14,$(MINUTES) minutes of work and trouble on a debug kernel)
	@$(SOAK)

test-debug: deps user debug-driver qemu debug-guest ## the tests in virtual machines, on a kernel that finds mistakes
	$(call phase,6,driver and card on a debug kernel)
	@tests/vm/run --image $(DEBUG)/guest

coverage: deps user coverage-driver qemu coverage-guest ## lines of the driver that these tests reach
	$(call phase,6,what the tests reach of the driver)
	@tests/vm/run --image $(COVERAGE)/guest --coverage $(COVERAGE)

runtime-coverage: user-deps ## lines of the runtime that unit and contract tests reach
	@vm/install.sh coverage
	$(call configure,$(COVERED),-DCMAKE_CXX_FLAGS=--coverage)
	@find $(COVERED) -name '*.gcda' -delete
	@ninja -C $(COVERED) -j $(JOBS) runtime_tests
	@gcovr --filter libgroq/ --filter include/groq/ --sort-percentage --print-summary \
		--exclude-throw-branches --exclude-directories '.*/CompilerId.*' \
		--object-directory $(COVERED) $(COVERED)

soak: deps user debug-driver qemu debug-guest ## eight processes, two cards, faults of all kinds, for an hour (MINUTES=N)
	$(call phase,6,$(MINUTES) minutes of work and trouble on a debug kernel)
	@$(SOAK)

debug-driver: OPTIONS := KUNIT=y
coverage-driver: OPTIONS := KUNIT=y COVERAGE=y
debug-driver coverage-driver: %-driver:
	$(call phase,$(or $(DEBUG_PHASE),3),a debug kernel and the driver for it)
	@kernel=$$(vm/build-debug-kernel.sh -j $(JOBS)) && mkdir -p build/$*/guest && \
	ln -sfn $$kernel build/$*/guest/kernel && \
	vm/build-module.sh build/$* $$kernel -j $(JOBS) $(OPTIONS)

debug-guest coverage-guest: %-guest:
	$(call phase,$(if $(DEBUG_PHASE),12,5),the guest)
	@ln -sfn $(GUEST)/stage $(GUEST)/qemu build/$*/guest/
	@vm/make-guest.sh build/$*/guest build/$*/guest/kernel $(USER) build/$*/kernel/*.ko

check: ## conventions: style, licences, layers, contracts
	@vm/install.sh user kernel check package
	@vm/fetch-kernel.sh >/dev/null
	@tests/lint/run

bench: deps user kernel qemu guest ## measure, in the same virtual machine
	@bench/run

deps: ## install the build tools that are missing
	$(call phase,1,what the build needs)
	@vm/install.sh user kernel qemu

user-deps:
	$(call phase,1,what the build needs)
	@vm/install.sh user

user: ## build runtime, chip model, tools and their tests
	$(call phase,2,user space)
	$(call configure,$(USER))
	@ninja -C $(USER) -j $(JOBS)
	@rm -rf $(GUEST)/stage
	@cmake --install $(USER) --prefix $(GUEST)/stage/usr >/dev/null

kernel: ## build the driver for the guest's kernel
	$(call phase,3,the driver)
	@[ -e $(KERNEL)/release ] || vm/fetch-kernel.sh >/dev/null
	@$(MAKE) --no-print-directory -C kernel KDIR=$(KERNEL)/headers -j $(JOBS)

qemu: ## build QEMU with the card in it
	$(call phase,4,QEMU with the card in it)
	@mkdir -p $(GUEST)
	@qemu=$$(vm/build-qemu.sh -j $(JOBS)) && ln -sfn $$qemu $(GUEST)/qemu

guest: user kernel ## make the guest's root file system
	$(call phase,5,the guest)
	@vm/make-guest.sh $(GUEST) $(KERNEL) $(USER) $(MODULE)

install: user ## install the runtime, the tools and the udev rule (PREFIX, DESTDIR)
	cmake --install $(USER) --prefix $(PREFIX)
	install -D -m 644 udev/60-groq.rules $(DESTDIR)$(UDEV)/rules.d/60-groq.rules
	install -D -m 755 udev/groq-card-number $(DESTDIR)$(UDEV)/groq-card-number
	[ -n "$(DESTDIR)" ] || [ "$$(id -u)" -ne 0 ] || ldconfig

deb: ## make the Debian packages: runtime, tools, documents, driver (which DKMS builds)
	@vm/install.sh user package
	@packaging/build-deb

# The driver is DKMS's, the programs are built with what is installed.
packagetest: deb kernel qemu ## use the Debian packages in a clean system (needs root), and on a card
	@rm -rf $(PACKAGED)
	@mkdir -p $(PACKAGED)/guest
	@python3 -B tests/package/debian_test.py build/deb $(KERNEL) $(PACKAGED)
	@for package in build/deb/*.deb; do dpkg-deb -x $$package $(PACKAGED)/guest/stage; done
	@ln -sfn $(GUEST)/qemu $(PACKAGED)/guest/qemu
	@vm/make-guest.sh $(PACKAGED)/guest $(KERNEL) $(PACKAGED) $(PACKAGED)/groq.ko
	@tests/vm/run --image $(PACKAGED)/guest \
		--filter '^(udev/|model/|examples/(hello|processes)$$)'

clean: ## remove what was built here, keep the cache
	rm -rf $(USER) $(SANITIZED) $(THREADED) $(COVERED) $(FUZZED) $(PACKAGED) $(GUEST) $(DEBUG) $(COVERAGE)
	@if [ -e $(KERNEL)/headers ]; then $(MAKE) -C kernel clean KDIR=$(KERNEL)/headers; fi

distclean: clean ## remove the cache in this tree too
	rm -rf build

.PHONY: help run sim test unit nightly fuzz sanitized threaded qtest vmtest test-debug soak coverage runtime-coverage \
	debugtest shortsoak debug-driver coverage-driver debug-guest coverage-guest check bench deps user-deps \
	user kernel qemu guest install deb packagetest clean distclean
