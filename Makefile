# `make` lists the targets. PYTHON chooses the interpreter for a new .venv.
SHELL := /bin/bash
PY := .venv/bin/python
TEMPORARY := $(PY) -m radflow.embedded --temporary --

.DEFAULT_GOAL := help
.PHONY: help run test check e2e faults corpus fuzz machine bench docs messages screenshots lock clean-data setup setup-dev

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup ## run the whole server, by default the demo on 127.0.0.1:8000
	@exec $(PY) -m radflow.launch --with-parent

test: setup-dev ## checks, then the unit and integration tests
	@$(TEMPORARY) deploy/check.sh
	@$(PY) -m pytest -n 2

check: setup-dev ## style, types, import contracts, migrations
	@$(TEMPORARY) deploy/check.sh

e2e: setup-dev ## the whole flow from outside: sockets, DICOM tools, a browser
	@deploy/ensure-tools.sh
	@$(PY) -m pytest --override-ini addopts="-q -n 2 --dist loadgroup --strict-markers --strict-config" tests/e2e

faults: setup-dev ## kill -9, broker and database away: nothing acknowledged is lost
	@$(PY) -m pytest --override-ini addopts="-q -s --strict-markers --strict-config" tests/faults

corpus: setup-dev ## send a folder of messages: make corpus ARGS="--folder ..."
	@$(PY) -m tests.corpus $(ARGS)

fuzz: setup-dev ## a million random texts and damaged messages against the wire
	@$(PY) -m tests.fuzz $(ARGS)

machine: setup-dev ## 10,000 random histories of exams against a reference model
	@RADFLOW_MACHINE_RUNS=10000 $(PY) -m pytest tests/orders/test_machine_model.py

docs: export RADFLOW_SECRET_KEY := only-for-documents
docs: setup-dev ## write docs/state-machines.md and docs/dicom-conformance.md anew
	@$(TEMPORARY) $(PY) -m tests.docs

messages: setup-dev ## write the catalogues of languages anew from the sources
	@$(PY) -m radflow.languages update

bench: setup-dev ## measure rates and latencies on an instance of its own
	@$(PY) -m tests.bench $(ARGS)

screenshots: setup-dev ## take the pictures of every page anew
	@deploy/ensure-tools.sh
	@$(PY) -m tests.screenshots $(ARGS)

lock: setup-dev ## compile requirements*.in into pinned files with hashes
	@deploy/lock.sh $(ARGS)

clean-data: setup ## delete the data folder: database, queues, demo secret
	@$(PY) -m radflow.embedded --remove

setup:
	@deploy/setup.sh run

setup-dev:
	@deploy/setup.sh dev
