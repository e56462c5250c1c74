# osmo-nomad: `make help` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

VERSION ?= 0.1.0-dev
GO      ?= go
LDFLAGS := -s -w -X main.version=$(VERSION)
BUILD   := CGO_ENABLED=0 $(GO) build -trimpath
GATES   := driver/member/gates
LINT    := $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# Packages whose tests start agents or whole clusters: one at a time, so that
# none is measured by what another one does to the machine.
AGENTS  := ./driver/... ./translator/job ./cmd/osmo-nomad/devcluster ./e2e
# Where nomad and consul are; they are built once where there are none.
TOOLS   := tools=$$($(GO) run ./e2e/tools/paths); eval "$$tools"

.PHONY: help
help: ## Say what the targets do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: gates ## Build the three programs into bin/
	$(BUILD) -ldflags '$(LDFLAGS)' -o bin/osmo-nomad ./cmd/osmo-nomad
	$(BUILD) -ldflags '$(LDFLAGS)' -o bin/nomad-driver-gang ./cmd/nomad-driver-gang
	@cp $(GATES)/osmo-gate-linux-$$($(GO) env GOARCH) bin/osmo-gate

.PHONY: gates
gates: ## Build the gates that the plugin carries, for amd64 and arm64
	GOOS=linux GOARCH=amd64 $(BUILD) -ldflags '$(LDFLAGS)' -o $(GATES)/osmo-gate-linux-amd64 ./cmd/osmo-gate
	GOOS=linux GOARCH=arm64 $(BUILD) -ldflags '$(LDFLAGS)' -o $(GATES)/osmo-gate-linux-arm64 ./cmd/osmo-gate

.PHONY: run
run: build ## Bring a cluster up, run the robot simulation on it, take it down (Linux, root)
	bin/osmo-nomad dev run jobspecs/robot-simulation.yaml

.PHONY: test
test: build ## Run all tests, on a real Nomad and Consul too (Linux, root)
	$(TOOLS); export OSMO_E2E=1; \
	agents=$$($(GO) list $(AGENTS)); \
	$(GO) test -race $$($(GO) list ./... | grep -vxF "$$agents"); \
	$(GO) test -race -p 1 -timeout 60m $$agents

.PHONY: test-docker
test-docker: build ## Run the gang on Docker tasks (Linux, root, dockerd and debootstrap)
	$(TOOLS); OSMO_E2E=1 OSMO_E2E_DOCKER=1 $(GO) test -v -count=1 -timeout 60m -run '^TestDocker' ./e2e

.PHONY: bench
bench: build ## Measure our gang beside the same groups as a plain Nomad job (Linux, root)
	$(TOOLS); $(GO) run ./e2e/bench

# How long each target is fuzzed: a number of executions, or a time.
FUZZ ?= 1m

.PHONY: fuzz
fuzz: ## Fuzz templates, YAML and the whole translation, each for FUZZ (1m, 1000000x)
	$(GO) test ./translator/template/jinja -run xxx -fuzz '^FuzzRender$$' -fuzztime $(FUZZ)
	$(GO) test ./translator/yaml -run xxx -fuzz '^FuzzParse$$' -fuzztime $(FUZZ)
	$(GO) test ./translator -run xxx -fuzz '^FuzzTranslate$$' -fuzztime $(FUZZ)

.PHONY: lint
lint: ## Check the style: golangci-lint, formatting, and the rules of the tree
	$(GO) vet ./...
	$(LINT) run ./...
	$(GO) test ./e2e/house

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin
	rm -f $(GATES)/osmo-gate-linux-amd64 $(GATES)/osmo-gate-linux-arm64
