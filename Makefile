# Everything starts here; `make` lists it. Tools come into .cache/ by themselves.
SHELL := /bin/bash
export PATH := $(CURDIR)/.cache/node/bin:$(CURDIR)/.cache/bin:$(PATH)
.DEFAULT_GOAL := help
.PHONY: help demo demo-canary test test-unit test-integration test-e2e faults bench bench-training build lint format generate verify images cluster clean tools

help: ## List these targets
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 26

demo: ## Cluster, chart, a model of real customers, a prediction (at most 20 minutes cold, 4 warm)
	@e2e/demo.sh

demo-canary: ## A good candidate is promoted and a broken one rolled back, under 100 requests a second, in a live table
	@e2e/demo-canary.sh

test: ## Everything that CI runs: lint, verify, unit, integration, end to end
	@toolchain/test.sh lint verify unit integration e2e

test-unit: ## The pure rooms
	@toolchain/test.sh unit

test-integration: ## Operator against a real API server, serving as a process, training on real data
	@toolchain/test.sh integration

test-e2e: ## The real cluster (brought up when it is not there; stays up)
	@toolchain/test.sh e2e

faults: ## Long forms of the tests of faults and scale, and a table of what they measured (TESTS=path of one)
	@toolchain/faults.sh $(TESTS)

bench: build ## Serving beside FastAPI, the usual Nest and a bare echo, in one interleaved run (15 minutes); writes docs/benchmarks.md (PARTS=requests,latency,batches,start,engine,routing)
	@node e2e/dist/bench/serving/main.js $(if $(PARTS),--parts $(PARTS))

bench-training: build ## Models, leaks, gates and cost of training beside Python (hours); writes docs/benchmarks-training.md (PARTS=quality,leaks,gates,parity,scale DATA=folder with iranian.csv)
	@node e2e/dist/bench/training/main.js $(if $(PARTS),--parts $(PARTS)) $(if $(DATA),--data $(DATA))

build: tools ## Compile all rooms
	@npm run build --silent

lint: tools ## Prettier, ESLint and knip
	@npm run lint --silent

format: tools ## Prettier, writing
	@npm run format --silent

generate: tools ## Make the generated files anew
	@npm run generate --silent

verify: tools ## Prove that the generated files are fresh
	@toolchain/verify.sh

images: cluster ## Build the three images and load them into the cluster
	@e2e/cluster/images.sh

cluster: ## A one-node Kubernetes (CLUSTER=auto, kind or current)
	@e2e/cluster/up.sh

clean: ## Remove the cluster and everything that was downloaded or built
	@toolchain/clean.sh

tools:
	@toolchain/install.sh node node_modules xgboost
