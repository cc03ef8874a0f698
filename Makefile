# The targets that people use; `make help` lists them. .ci/run runs what a change must pass.

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "%-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build ./syncd, one static binary
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o syncd ./cmd/syncd

.PHONY: demo
demo: ## sync examples/customers.csv with the built-in Quo workspace
	go run ./cmd/syncd run --once --config examples/syncd.yaml

.PHONY: test
test: ## run all tests; the race detector needs gcc
	go test -race ./...

.PHONY: sim
sim: ## run the engine's simulation for long; SCHEDULES=2000
	go test ./internal/engine -run TestInvariants -count=1 -timeout 0 -v -first 0 -schedules $(or $(SCHEDULES),2000)

.PHONY: bench
bench: ## measure what runs cost; SIZES=10000,100000 STATES=sqlite,postgres
	go run ./internal/bench $(if $(SIZES),-sizes $(SIZES)) $(if $(STATES),-states $(STATES))

.PHONY: micro
micro: ## run the benchmarks of single functions
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: fuzz
fuzz: ## run each fuzz target for a while; FUZZTIME=20s
	@grep -rl --include='*_test.go' '^func Fuzz' internal | xargs -n1 dirname | sort -u | while read -r dir; do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\).*/\1/p' "$$dir"/*_test.go); do \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(or $(FUZZTIME),20s) "./$$dir" || exit 1; \
		done; \
	done

.PHONY: lint
lint: ## run golangci-lint
	.ci/lint
