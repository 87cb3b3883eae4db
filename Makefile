# `make` alone says what there is.
SHELL := bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
LOCKS := requirements/bootstrap requirements/dev requirements/aws requirements/sam requirements/bench-recommend requirements/bench-try-on $(patsubst %.in,%,$(wildcard layers/*/requirements.in))
export PYTHONPATH := shared:.

.DEFAULT_GOAL := help
.PHONY: help setup setup-sam setup-vendure run reset demo redrive test test-sam test-vendure test-slow check format schema openapi lock bench gallery template clean

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

# Tells how far uv is, without a line for each package.
define install
@set -o pipefail; $(BIN)/uv pip sync --compile-bytecode --python $(1)/bin/python --require-hashes $(2) 2>&1 \
    | { grep --line-buffered -vE '^ [-+~] ' || true; } | while read -r line; do echo "  $$line"; done
endef

setup: $(VENV)/.ready .venv-aws/.ready layers/vision/face_models/.ready ## the Python environment, from hashed requirements
$(VENV)/.ready: requirements/bootstrap.txt requirements/dev.txt
	@echo "$(VENV): the installer"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@echo "$(VENV): what backshop and its tests import (about half a minute the first time)"
	$(call install,$(VENV),requirements/bootstrap.txt requirements/dev.txt)
	@touch $@

.venv-aws/.ready: requirements/aws.txt $(VENV)/.ready
	@echo ".venv-aws: the AWS services of the local stack"
	@test -x .venv-aws/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python .venv-aws
	$(call install,.venv-aws,requirements/aws.txt)
	@touch $@

layers/vision/face_models/.ready: layers/vision/models.txt layers/vision/models.py | $(VENV)/.ready
	@echo "layers/vision/face_models: the models that find faces"
	@$(BIN)/python layers/vision/models.py layers/vision/face_models ../shared/models
	@touch $@

setup-sam: .venv-sam/.ready ## the SAM command line, in an environment of its own
.venv-sam/.ready: requirements/sam.txt | setup
	@echo ".venv-sam: the SAM command line"
	@test -x .venv-sam/bin/python || $(PYTHON) -m venv .venv-sam
	$(call install,.venv-sam,requirements/sam.txt)
	@touch $@

integrations/vendure/node_modules:
	@$(MAKE) --no-print-directory setup-vendure

setup-vendure: ## what the tests of the Vendure plugin need, where npm is
	@npm install --prefix integrations/vendure --no-audit --no-fund --silent

run: setup ## the whole application at http://127.0.0.1:8080 (PORT= changes it)
	@exec $(BIN)/python -m local run --port $(PORT)

reset: setup ## delete the local data; it asks (FORCE=1: it does not)
	@$(BIN)/python -m local reset $(if $(FORCE),--force)

demo: setup ## replay recorded deliveries through the running stack
	@$(BIN)/python -m local demo

redrive: setup ## put dead letters back into their queues
	@$(BIN)/python -m local redrive

test: setup ## every test that is not slow
	@$(BIN)/python -m pytest -q -m "not slow and not sam and not vendure"

test-sam: setup setup-sam ## functions under `sam local`, where Docker and its image are
	@$(BIN)/python -m pytest -q -m sam

test-vendure: setup | integrations/vendure/node_modules ## our plugin and backshop with a real Vendure, where npm is
	@$(BIN)/python -m pytest -q -m vendure tests/vendure

test-slow: setup ## the long tests
	@$(BIN)/python -m pytest -q -m "slow and not vendure"

check: setup ## formatter, linter and type checker
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@for each in functions/*/; do MYPYPATH=$$each:shared:. $(BIN)/mypy --no-error-summary --implicit-reexport $$each*.py || exit 1; done

format: setup ## format and mend what the linter can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

template: setup-sam ## validate and build template.yaml
	@SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam validate --lint
	@SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam build

# What is measured has peers with requirements of their own.
.venv-bench-recommend/.ready: requirements/bench-recommend.txt $(VENV)/.ready
	@test -x .venv-bench-recommend/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python .venv-bench-recommend
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python .venv-bench-recommend/bin/python --require-hashes requirements/bench-recommend.txt
	@touch $@

.venv-bench-try-on/.ready: requirements/bench-try-on.txt $(VENV)/.ready
	@test -x .venv-bench-try-on/bin/python || $(BIN)/uv venv --quiet --python $(BIN)/python .venv-bench-try-on
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python .venv-bench-try-on/bin/python --require-hashes requirements/bench-try-on.txt
	@touch $@

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
	@rm -rf .aws-sam .mypy_cache .ruff_cache .pytest_cache dist
