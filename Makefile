.PHONY: help setup demo page test test-fast test-lowest check format docs pictures clean

help:  ## say what there is
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

setup:  ## make .venv with everything: training, tests, checks
	scripts/setup dev

demo:  ## measure a simulated face whose pulse is known (PAGE=1: then open the page in a browser)
	scripts/demo

page:  ## build the page that measures in a browser into the package (needs Node 20)
	scripts/page

test:  ## lint, types, all tests
	scripts/test

test-fast:  ## the tests that are not marked slow
	scripts/test fast

test-lowest:  ## measure with the lowest versions that pyproject.toml allows (needs uv)
	scripts/lowest

check:  ## lint and types only
	scripts/check

format:  ## put the source into shape
	scripts/setup dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

docs:  ## build the site into build/site, strictly
	scripts/setup dev
	.venv/bin/python -m mkdocs build --strict

pictures:  ## draw the pictures of the documents anew: a simulated face, and the pipeline
	scripts/setup
	.venv/bin/python docs/images/draw.py
	.venv/bin/python docs/images/pipeline.py

clean:  ## remove the environment and the caches (not your runs)
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis dist build web/*/build web/*/node_modules src/sspd/server/page
