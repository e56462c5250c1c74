# osmo-nomad: `make help` lists what there is.
SHELL := /bin/bash
.DELETE_ON_ERROR:

VERSION ?= 0.1.0-dev
GO      ?= go
LDFLAGS := -s -w -X main.version=$(VERSION)
BUILD   := CGO_ENABLED=0 $(GO) build -trimpath
GATES   := driver/member/gates

.PHONY: help
help: ## Say what the targets do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: gates ## Build the three programs into bin/
	$(BUILD) -ldflags '$(LDFLAGS)' -o bin/osmo-nomad ./cmd/osmo-nomad
	$(BUILD) -ldflags '$(LDFLAGS)' -o bin/nomad-driver-gang ./cmd/nomad-driver-gang
	@mkdir -p bin && cp $(GATES)/osmo-gate-linux-$$($(GO) env GOARCH) bin/osmo-gate

.PHONY: gates
gates: ## Build the gates that the plugin carries, for amd64 and arm64
	GOOS=linux GOARCH=amd64 $(BUILD) -ldflags '$(LDFLAGS)' -o $(GATES)/osmo-gate-linux-amd64 ./cmd/osmo-gate
	GOOS=linux GOARCH=arm64 $(BUILD) -ldflags '$(LDFLAGS)' -o $(GATES)/osmo-gate-linux-arm64 ./cmd/osmo-gate

.PHONY: test
test: ## Run the unit tests with the race detector
	$(GO) test -race ./...

.PHONY: clean
clean: ## Remove what was built
	rm -rf bin
	rm -f $(GATES)/osmo-gate-linux-amd64 $(GATES)/osmo-gate-linux-arm64
