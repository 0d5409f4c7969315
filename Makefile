# Everything that one types here. `make` alone lists it.
PYTHON ?= python3
PORT ?= 8080
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help up test soak bench restore-drill operator doctor reset fmt lock

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ## set up what is missing and start all of Ondol; PORT=8080
	@exec $(PYTHON) -m local up --port $(PORT)

test: ## set up what the tests need, check everything, run every test; ARGS="-k name"
	@$(PYTHON) -m local setup --tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy shared functions local deploy tests bench
	cd workspace-image && ../$(BIN)/mypy --config-file ../pyproject.toml agent
	PYTHONPATH=workspace-image $(BIN)/lint-imports
	$(BIN)/pytest --numprocesses 3 --dist loadgroup --no-loadscope-reorder $(ARGS)

soak: ## the tests that take long: 200 sessions one after another, outages of a minute
	@$(PYTHON) -m local setup --tests
	SOAK=1 $(BIN)/pytest -m soak $(ARGS)

bench: ## measure it beside what others use, on a machine that does nothing else; ARGS="claims opening"
	@$(PYTHON) -m local setup --tests
	@$(BIN)/python -m bench $(ARGS)

restore-drill: ## restore every workspace of the stack that is up into a scratch folder, and verify it
	@PYTHONPATH=.:workspace-image exec $(BIN)/python -m deploy.drill $(ARGS)

operator: ## make somebody who has signed in an operator; EMAIL=ada@example.com ARGS=--take-back
	@exec $(BIN)/python -m deploy.operators "$(EMAIL)" $(ARGS)

doctor: ## say what this machine lacks, and what mends it
	@exec $(PYTHON) -m local doctor --port $(PORT)

reset: ## forget all local state: people, workspaces, keys
	@exec $(PYTHON) -m local reset

fmt: ## format the code, and mend what can be mended by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: ## pin the packages of the checkout, the functions and the slot; ARGS=--upgrade pins all anew
	@exec $(BIN)/python -m deploy.lock $(ARGS)
