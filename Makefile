# README.md says what each target is for; run and test are the two to know.
SHELL   := /bin/bash
BIN     := bin
MODELS  ?= ../shared/models
export CGO_ENABLED ?= 0

.PHONY: build run test test-go test-sdk test-script lint bench crash generate generate-check clean

build:
	go build -trimpath -o $(BIN)/bawn ./cmd/bawn

examples/notes/node_modules: examples/notes/package-lock.json
	cd examples/notes && npm ci --no-audit --no-fund --loglevel=error
	touch $@

run: build examples/notes/node_modules
	$(BIN)/bawn dev examples/notes

# Everything: unit, vectors, operations, crash (short), real clients, the
# README's walk. SKIP=-noskip makes a skip a failure, as CI does.
test: test-go test-sdk test-script

$(BIN)/testsum: tools/testsum/main.go
	go build -C tools -o ../$(BIN)/testsum ./testsum

test-go: build examples/notes/node_modules $(BIN)/testsum
	test/prepare
	set -o pipefail; go test -json -timeout 12m ./... | $(BIN)/testsum $(SKIP)

test/sdk/node_modules: test/sdk/package-lock.json
	cd test/sdk && npm ci --no-audit --no-fund --loglevel=error
	touch $@

test-sdk: build examples/notes/node_modules test/sdk/node_modules
	cd test/sdk && BAWN=../../$(BIN)/bawn node --test --test-concurrency=1 --test-timeout=240000

test-script: build examples/notes/node_modules
	test/script/run

$(BIN)/golangci-lint: tools/go.mod
	go build -C tools -o ../$(BIN)/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint

lint: $(BIN)/golangci-lint
	test -z "$$(gofmt -l $$(git ls-files '*.go'))"
	$(BIN)/golangci-lint run ./...

bench: build examples/notes/node_modules
	go run ./test/bench -bawn $(BIN)/bawn

# The long crash run; make test has a short one.
crash: build
	BAWN_CRASH_ROUNDS=100 go test -count=1 -timeout 30m -v ./test/crash

generate:
	go run -C tools ./shapegen -models $(abspath $(MODELS))
	go test ./internal/server -run TestCoverage -update

# Generated shapes are committed; this holds that they are fresh. (COVERAGE.md
# is compared by a test.)
generate-check:
	@if [ -d $(MODELS) ]; then go run -C tools ./shapegen -check -models $(abspath $(MODELS)); else echo "no models at $(MODELS): shapes not compared"; fi

clean:
	rm -rf $(BIN)
