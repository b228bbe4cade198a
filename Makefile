# Every command a person needs. Whatever a step lacks it installs itself, pinned, or says in one line what is missing.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

VERSION := $(shell sed -n 's/^  "version": "\(.*\)",/\1/p' pkg/package.json)
TARBALL := trusthandoff-$(VERSION).tgz
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
SAY := @printf '\n== %s\n'

# Stamps say that a step was done for what its prerequisites held then. Those of npm lie in the folder they speak of.
RUST := target/make/rust
NPM := pkg/node_modules/.stamp
TOOLS := tests/tools/node_modules/.stamp
SINKS := tests/sinks/node_modules/.stamp
WWW := www/node_modules/.stamp
PACKAGE := pkg/dist/core.wasm.sha256
SITE := target/make/site
SOURCES := target/make/sources

RUST_SOURCES := Cargo.toml Cargo.lock $(shell find src -name '*.rs' -o -name Cargo.toml)
PKG_SOURCES := $(shell find pkg/src pkg/bin pkg/types pkg/build -type f) pkg/build.mjs pkg/package.json
WWW_SOURCES := $(shell find www -type f -not -path '*/node_modules/*') $(wildcard docs/*.md)
PAPERS := README.md CHANGELOG.md LICENSE THIRD-PARTY-NOTICES.txt

.PHONY: help
help: ## list these commands
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# Using it

.PHONY: build demo pack site www bench picture notices clean
build: $(PACKAGE) ## the npm package, in pkg/dist
demo: $(PACKAGE) ## the attack demo: what is accepted, what is refused and why
	@node pkg/dist/bin/trusthandoff.js demo
pack: $(TARBALL) ## the tarball that `npm install` takes
	@echo "$(TARBALL) is ready: npm install $(CURDIR)/$(TARBALL)"
site: $(SITE) ## the playground and its documentation as plain files, in target/www
	@echo 'target/www is ready: any file server can serve it'
www: $(SITE) ## serve the playground on localhost
	@node www/serve.mjs
bench: $(PACKAGE) ## measure against node:crypto, jose, noble and the Python reference
	@if [ -f benches/package-lock.json ]; then cd benches && $(NPM_CI); fi
	@node benches/run.mjs
picture: $(SITE) $(TOOLS) ## the picture that opens the README, taken anew
	@$(CHROMIUM_HERE)
	@node www/build/picture.mjs
notices: $(WWW) ## THIRD-PARTY-NOTICES.txt anew, after a change of a lock file
	@node pkg/build/notices.mjs
clean: ## remove everything that was built or installed here
	rm -rf target pkg/dist pkg/node_modules www/node_modules tests/tools/node_modules tests/sinks/node_modules benches/node_modules .tools trusthandoff-*.tgz

# Tests

CHROMIUM_HERE := tests/tools/program.sh Chromium CHROMIUM chromium chromium-browser google-chrome
GROUPS := core node cli package runtimes browser docs sinks interop
# What takes longer, each with the minutes that it needs on a small machine.
LONG := old-browser:12 interop-full:15 fuzz:10

.PHONY: check test test-all test-core test-node test-cli test-interop test-package test-runtimes test-browser test-docs test-sinks
check: $(RUST) ## before a commit, a minute: format, lints, the quick tests of the core
	@$(FORMAT)
	@$(LINTS)
	$(SAY) 'core: quick tests'
	@cargo test --quiet --package trusthandoff --lib

test: ## before a push, a quarter of an hour: every check and test
	@start=$$(date +%s); \
	for group in $(GROUPS); do $(MAKE) test-$$group || { echo "FAILED: make test-$$group"; exit 1; }; done; \
	printf '\nall tests passed in %s s\n' $$(($$(date +%s) - start))

test-all: test test-long ## before a release: that and what takes longer

# With MINUTES nothing is begun that would not end within so many of them.
.PHONY: test-long test-old-browser test-interop-full test-fuzz
test-long: ## the old browser, ten times the interop, fuzzing
	@start=$$(date +%s); \
	for each in $(LONG); do \
	  group=$${each%:*} needed=$${each#*:} spent=$$((($$(date +%s) - start) / 60)); \
	  if [ -n "$(MINUTES)" ] && [ $$((spent + needed)) -gt "$(or $(MINUTES),0)" ]; then echo "not begun: make test-$$group needs $$needed minutes"; continue; fi; \
	  $(MAKE) test-$$group || { echo "FAILED: make test-$$group"; exit 1; }; \
	done
test-old-browser: $(SITE) $(TOOLS) ## the playground and its documentation in the oldest Chromium that Debian serves
	$(SAY) 'the playground in an old Chromium'
	@tests/tools/old_chromium.sh
	@CHROMIUM=$(CURDIR)/.tools/old-chromium/chromium node --test --test-concurrency=1 $(TEST_REPORTER) $(wildcard tests/browser/*.test.mjs) tests/docs/site.test.mjs
test-interop-full: $(PACKAGE) $(TOOLS) ## ten times the objects of test-interop, others at every run
	$(SAY) 'interop with the Python reference, at length'
	@seed=$$(date +%s); echo "seed $$seed"; \
	python3 tests/interop/run.py --seed $$seed --packets 10000 --small 3000 --grants 5000 --attestations 5000 --mutants 50000
test-fuzz: ## each fuzz target for two minutes
	@$(MAKE) fuzz SECONDS=120

FORMAT = cargo fmt --all --check
define LINTS
cargo clippy --quiet --package trusthandoff --package trusthandoff-testkit --all-targets -- -D warnings
cargo clippy --quiet --package trusthandoff-wasm --package trusthandoff-audit --target wasm32-unknown-unknown -- -D warnings
cargo clippy --quiet --package trusthandoff-glue --package trusthandoff-xtask -- -D warnings
endef

test-core: $(RUST) ## the Rust core: format, lints, tests
	$(SAY) 'core: format'
	@$(FORMAT)
	$(SAY) 'core: lints'
	@$(LINTS)
	$(SAY) 'core: tests'
	@cargo test --quiet --package trusthandoff --package trusthandoff-xtask

test-node: $(PACKAGE) $(TOOLS) ## the package in Node
	$(SAY) 'the package in Node'
	@node --test $(TEST_REPORTER) $(wildcard tests/node/*.test.mjs tests/attacks/*.test.mjs)

test-cli: $(PACKAGE) ## the command line
	$(SAY) 'the command line'
	@node --test $(TEST_REPORTER) $(wildcard tests/cli/*.test.mjs)

test-interop: $(PACKAGE) $(TOOLS) ## both ways with the Python reference, 0.3.3 and 0.4.0
	$(SAY) 'interop with the Python reference'
	@command -v python3 >/dev/null || { echo 'python3 is missing: install Python 3.11 (Debian: apt-get install python3 python3-venv)'; exit 1; }
	@python3 tests/interop/run.py

test-package: $(TARBALL) $(TOOLS) $(WWW) ## what the tarball holds: exports, types, bundlers
	$(SAY) 'the packed tarball'
	@node tests/package/run.mjs $(TARBALL)

test-runtimes: $(TARBALL) $(TOOLS) ## one suite on Node 20, 22 and 24, Deno, Bun, workerd and Chromium
	$(SAY) 'runtimes'
	@$(CHROMIUM_HERE)
	@node tests/runtimes/run.mjs $(TARBALL)

test-browser: $(SITE) $(TOOLS) ## the playground in Chromium; screenshots in target/screenshots
	$(SAY) 'the playground in Chromium'
	@$(CHROMIUM_HERE)
	@node --test --test-concurrency=1 $(TEST_REPORTER) $(wildcard tests/browser/*.test.mjs)

test-docs: $(TARBALL) $(TOOLS) $(SITE) ## the recipes, followed with real peers, and the documentation in Chromium
	$(SAY) 'the documentation'
	@$(CHROMIUM_HERE)
	@tests/tools/program.sh Redis REDIS_SERVER redis-server valkey-server
	@node --test $(TEST_REPORTER) $(wildcard tests/docs/*.test.mjs)

test-sinks: $(PACKAGE) $(SINKS) ## the sinks against a Kafka cluster, an OpenTelemetry collector and kill -9
	$(SAY) 'the sinks against real servers'
	@command -v python3 >/dev/null || { echo 'python3 is missing: install Python 3.11 (Debian: apt-get install python3 python3-venv)'; exit 1; }
	@python3 tests/sinks/servers.py install
	@node --test $(TEST_REPORTER) $(wildcard tests/sinks/*.test.mjs)

.PHONY: fuzz
fuzz: ## break the laws of parser, gate and actions: SECONDS=60 each (fuzz/run.sh; installs a nightly and cargo-fuzz)
	$(SAY) 'fuzzing'
	@fuzz/run.sh $(or $(SECONDS),60)

# One line a test is for people who look for one; here the failures and the counts are enough.
TEST_REPORTER := --test-reporter=$(if $(CI),spec,dot)

# Building

$(PACKAGE): $(RUST_SOURCES) $(PKG_SOURCES) $(SOURCES) | $(RUST) $(NPM)
	@node pkg/build.mjs

$(SITE): $(PACKAGE) $(WWW) $(WWW_SOURCES) $(PAPERS) SECURITY.md
	@echo 'building the playground'
	@node www/build.mjs
	@mkdir -p $(@D) && touch $@

# Changes when a source file is added or removed, which no file's own time would tell.
$(SOURCES): always
	@mkdir -p $(@D)
	@printf '%s\n' $(sort $(RUST_SOURCES) $(PKG_SOURCES)) >$@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
.PHONY: always

$(TARBALL): $(PACKAGE) $(PAPERS)
	@node pkg/build/pack.mjs

# Installing

$(RUST): tests/tools/rust.sh
	@command -v cargo >/dev/null || { echo 'cargo is missing: install Rust 1.88 or newer from https://rustup.rs'; exit 1; }
	@tests/tools/rust.sh
	@mkdir -p $(@D) && touch $@

$(NPM): pkg/package-lock.json
	@echo 'installing the build tools (npm)'
	@command -v npm >/dev/null || { echo 'npm is missing: install Node 20 or newer'; exit 1; }
	@cd pkg && $(NPM_CI) && touch node_modules/.stamp

$(TOOLS): tests/tools/package-lock.json
	@echo 'installing the runtimes for the tests (npm; about 1 GB, a minute)'
	@cd tests/tools && $(NPM_CI) && touch node_modules/.stamp

$(WWW): www/package-lock.json
	@echo 'installing what the playground is built with (npm)'
	@cd www && $(NPM_CI) && touch node_modules/.stamp

$(SINKS): tests/sinks/package-lock.json
	@echo 'installing the clients of the sinks for the tests (npm)'
	@cd tests/sinks && $(NPM_CI) && touch node_modules/.stamp
