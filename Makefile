.PHONY: help setup demo test check format pictures clean

help:  ## say what there is
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

setup:  ## make .venv with everything: training, tests, checks
	scripts/setup dev

demo:  ## measure a simulated face whose pulse is known (needs only Python; no torch)
	scripts/demo

test:  ## lint, types, all tests
	scripts/test

check:  ## lint and types only
	scripts/check

format:  ## put the source into shape
	scripts/setup dev
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

pictures:  ## draw the pictures of the README anew, from a simulated face
	scripts/setup
	.venv/bin/python docs/images/draw.py

clean:  ## remove the environment and the caches (not your runs)
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis dist build
