# What people and CI do with this project; `make` alone lists it. The tools beyond Rust and Python 3 are Python packages of
# exact versions in virtual environments of the project's own.

CARGO_LAMBDA_VERSION := 1.9.2
ZIG_VERSION := 0.17.1
SAM_VERSION := 1.170.0
CFN_LINT_VERSION := 1.58.0
CHECKOV_VERSION := 3.3.30
SAM_TRANSLATOR_VERSION := 1.115.0
BOTO3_VERSION := 1.44.5
IDNA_VERSION := 3.20
AWS_JS_VERSION := 3.1162.0
FUZZ_VERSION := 0.13.2

PYTHON ?= python3
# What the template deploys to by default; the other one is x86_64.
ARCH ?= arm64

# What `make fuzz` runs, and for how long.
TARGET ?= envelope
FUZZ_SECONDS ?= 60

# The marks carry the versions, so that a new version is installed over the old one.
CARGO_LAMBDA := .venv/cargo-lambda-$(CARGO_LAMBDA_VERSION)
ZIG := .venv/ziglang-$(ZIG_VERSION)
SAM := .venv-sam/aws-sam-cli-$(SAM_VERSION)
LINTERS := .venv-lint/linters-$(CFN_LINT_VERSION)-$(CHECKOV_VERSION)-$(SAM_TRANSLATOR_VERSION)
CHECKS := .venv-checks/checks-$(BOTO3_VERSION)-$(AWS_JS_VERSION)
E2E := .venv-e2e/installed
FUZZ := .cargo-fuzz/cargo-fuzz-$(FUZZ_VERSION)
PIP := bin/python -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run test test-long checks lint bench guard fuzz build samples conformance validate e2e clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name what; do \
		printf '  make %-12s %s\n' "$$name" "$$what"; done

# exec: a signal to make must reach the program and not a shell in between.
run: $(CARGO_LAMBDA) ## the function on this machine, fed with every sample (ONCE=1: exit then; PORT=9000)
	@echo '== The function, as cargo lambda watch will start it. The first build takes minutes.'
	cargo build --bin mail-feedback
	@echo '== The program that starts it and DynamoDB. Its first build takes minutes, too.'
	@exec cargo run --example local

test: ## all tests: unit, integration, documentation
	cargo test

test-long: ## the proofs at length: 5,000 sets of events in any order, 10,000 events through faults and kills
	DISORDER_SETS=5000 SURVIVAL_EVENTS=10000 cargo test --test it -- disorder survival

checks: $(CHECKS) ## the checks of the README in Python and JavaScript, and the library's own (needs Node.js 20)
	cargo run --example checks -- .venv-checks/bin/python .venv-checks

lint: ## format, lints and documentation, as CI judges them
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps

# Both floors are programs, which cargo bench would not build.
bench: ## what everything costs beside its floor in the same run (first build: minutes; valgrind counts instructions)
	cargo build --release --example floor_runtime --example floor_put
	cargo bench --bench suite

guard: ## instructions of each step against those written down (needs valgrind)
	@command -v valgrind > /dev/null || { echo 'valgrind is missing; install it, for example with apt-get' >&2; exit 1; }
	cargo build --locked --profile guard --bench suite
	cargo bench --locked --profile guard --bench suite -- guard

# libFuzzer needs flags that a stable compiler takes only so.
fuzz: $(FUZZ) ## fuzz what reads SNS input (TARGET=envelope or certificate; FUZZ_SECONDS=60)
	$(PYTHON) fuzz/seed.py
	RUSTC_BOOTSTRAP=1 PATH="$(CURDIR)/.cargo-fuzz/bin:$$PATH" cargo fuzz run $(TARGET) -- -max_total_time=$(FUZZ_SECONDS)

# zig, which cargo-lambda finds on the PATH, compiles the C parts and links against the glibc of Lambda. The toolchain is the
# user's to change: without --skip-target-check cargo-lambda would download a missing target unasked.
build: $(CARGO_LAMBDA) $(ZIG) ## the release binary for Lambda, in target/lambda (ARCH=arm64 or x86_64)
	@case '$(ARCH)' in arm64|x86_64) ;; *) echo 'ARCH is arm64 or x86_64' >&2; exit 1;; esac
	PATH="$(CURDIR)/.venv/bin:$$PATH" cargo lambda build --skip-target-check --release --locked --bin mail-feedback --$(subst _,-,$(ARCH))

samples: ## sign the SNS samples in events/ anew
	cargo run --example sign

conformance: ## judge a corpus of recorded requests (CORPUS=folder)
	@test -d '$(CORPUS)' || { echo 'no folder CORPUS=$(CORPUS); say make conformance CORPUS=folder' >&2; exit 1; }
	cargo run --example conformance -- '$(CORPUS)'

# The linters judge by region; this one has every service that the template names. W2001 of the translation: SAM has put the
# values of some parameters in, so that nothing uses them any more.
validate: $(SAM) $(LINTERS) ## the linters of AWS SAM, CloudFormation and checkov (rights, queues and alarms: make test)
	SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=eu-west-1 .venv-sam/bin/sam validate --lint
	@mkdir -p target
	@echo '== the template as SAM translates it, into target/translated.json'
	@.venv-lint/bin/python tests/static/translate.py template.yaml > target/translated.json 2> target/translate.log \
		|| { cat target/translate.log >&2; exit 1; }
	.venv-lint/bin/cfn-lint --regions eu-west-1 -t template.yaml
	.venv-lint/bin/cfn-lint --regions eu-west-1 --ignore-checks W2001 -t target/translated.json
	@.venv-lint/bin/cfn-lint --list-rules | grep -c '^[EWI][0-9]*:' | sed 's/$$/ rules of cfn-lint, no finding in template and translation/'
	.venv-lint/bin/checkov --config-file tests/static/checkov.yaml -f target/translated.json

e2e: $(CARGO_LAMBDA) $(SAM) $(E2E) ## the real template on an emulated AWS, from sam deploy to sam delete (E2E_PROFILE=debug or release)
	@echo '== The build comes first: a minute or two without a word.'
	SAM_CLI_TELEMETRY=0 .venv-e2e/bin/python -B -m pytest tests/e2e --durations=8

clean: ## remove everything that was built or installed here
	cargo clean
	rm -rf .venv .venv-checks .venv-e2e .venv-lint .venv-sam .cargo-fuzz .aws-sam fuzz/target fuzz/corpus fuzz/artifacts

# Without its dependency, which is zig: 400 MB that only `make build` needs.
$(CARGO_LAMBDA):
	@echo '== cargo-lambda $(CARGO_LAMBDA_VERSION), into .venv'
	$(PYTHON) -m venv .venv
	.venv/$(PIP) --no-deps cargo-lambda==$(CARGO_LAMBDA_VERSION)
	@touch $@

$(ZIG): $(CARGO_LAMBDA)
	@echo '== zig $(ZIG_VERSION), into .venv'
	.venv/$(PIP) ziglang==$(ZIG_VERSION)
	@touch $@

$(SAM):
	@echo '== AWS SAM CLI $(SAM_VERSION), into .venv-sam'
	$(PYTHON) -m venv .venv-sam
	.venv-sam/$(PIP) aws-sam-cli==$(SAM_VERSION)
	@touch $@

$(LINTERS):
	@echo '== cfn-lint $(CFN_LINT_VERSION) and checkov $(CHECKOV_VERSION), into .venv-lint'
	$(PYTHON) -m venv .venv-lint
	.venv-lint/$(PIP) cfn-lint==$(CFN_LINT_VERSION) checkov==$(CHECKOV_VERSION) aws-sam-translator==$(SAM_TRANSLATOR_VERSION)
	@touch $@

$(E2E): tests/e2e/requirements.txt
	@echo '== an emulator of AWS and pytest, into .venv-e2e'
	$(PYTHON) -m venv .venv-e2e
	.venv-e2e/$(PIP) -r tests/e2e/requirements.txt
	@touch $@

$(FUZZ):
	@echo '== cargo-fuzz $(FUZZ_VERSION), into .cargo-fuzz'
	cargo install cargo-fuzz --locked --version $(FUZZ_VERSION) --root .cargo-fuzz
	@touch $@

$(CHECKS):
	@echo '== boto3 $(BOTO3_VERSION) and the AWS SDK for JavaScript $(AWS_JS_VERSION), into .venv-checks'
	$(PYTHON) -m venv .venv-checks
	.venv-checks/$(PIP) boto3==$(BOTO3_VERSION) idna==$(IDNA_VERSION)
	npm install --silent --no-audit --no-fund --prefix .venv-checks --save-exact \
		@aws-sdk/client-dynamodb@$(AWS_JS_VERSION) @aws-sdk/lib-dynamodb@$(AWS_JS_VERSION)
	@touch $@
