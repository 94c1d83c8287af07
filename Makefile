# Usher: two commands matter, `make demo` and `make test`; each sets up what it needs.
.DEFAULT_GOAL := help
.PHONY: help setup assets demo test bench lint fmt release fuzz clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what building, testing and linting need, and nothing else
	@scripts/setup.sh

assets: ## build the script editor of the console (needs Node.js 20; without it the console has a text area)
	@scripts/assets.sh

demo: assets ## build and start the demo: Usher, an external provider, a shop; Ctrl-C stops it
	@scripts/demo.sh

test: ## run every test with its own databases, browser and providers
	@scripts/test.sh

bench: assets ## measure sign-ins of the release server: BENCH=quick is a minute, full (the default) about ten
	@scripts/bench.sh $(BENCH)

lint: assets ## format, clippy, dependency rules, shell scripts, compose file
	@scripts/lint.sh

fmt: ## format the code
	@cargo fmt --all

release: assets ## build the server as it is run in earnest: target/release/usher
	@cargo build --release --locked -p usher-web --bin usher

fuzz: ## run every fuzz target for FUZZ_SECONDS seconds (60)
	@scripts/fuzz.sh

clean: ## remove what was built and what the demo stored
	@cargo clean
	@rm -rf data/demo assets/node_modules assets/dist/script-editor.js assets/dist/.built-from
