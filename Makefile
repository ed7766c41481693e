# The commands of this repository: each makes what it needs first, on a bare machine too.

# an installed bot is compiled: without this the hundreds of processes of the tests compile the code at every start
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
PYTHON := $(VENV)/bin/python
ARGS :=
# pytest's workers side by side: one more than two processors, because most tests wait. WORKERS=0 runs all in one process.
WORKERS := 3
# make mutants: the room, one file of it or none for all, and how many mutants are tried at a time
ROOM :=
ONLY :=
JOBS := 1

.PHONY: help test lint rehearse bench mutants pictures reference lock clean

help:  ## show these lines
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/'

$(VENV)/.ready: pyproject.toml requirements.lock
	python3 -m venv $(VENV)
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock
	$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

test: $(VENV)/.ready  ## lint, types, layers, and every test on real parts
	sh tests/system.sh
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PYTHON) -m tests.parts.debian
	$(PYTHON) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder -p tests.again $(ARGS)

rehearse: $(VENV)/.ready  ## a whole deploy on your machine: ARGS="--auto", "--option B", "--scenario rollback"
	$(PYTHON) -m bot.rehearsal $(ARGS)

bench: $(VENV)/.ready  ## speed and memory as ratios in one run
	$(PYTHON) -m tests.bench $(ARGS)

mutants: $(VENV)/.ready  ## which small changes of a room its tests do not notice: ROOM=commands/signoff JOBS=2
	$(PYTHON) -m tests.mutants --jobs $(JOBS) --only "$(ONLY)" $(ROOM)

pictures: $(VENV)/.ready  ## make the documents' pictures anew, from a rehearsal
	$(PYTHON) -m bot.rehearsal.screenshots $(ARGS)

reference: $(VENV)/.ready  ## write docs/kinds.md anew, from the descriptions in the code
	text=$$($(PYTHON) -m commands.reference.markdown_text) && printf '%s\n' "$$text" > docs/kinds.md

COMPILE := $(VENV)/bin/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
	--no-emit-find-links --no-header
# --generate-hashes asks the index for the hashes of all files of a release, so that the lock holds for every platform
lock: $(VENV)/.ready  ## bring both locks up to pyproject.toml, with the hash of every file; ARGS=--upgrade
	$(COMPILE) --all-extras $(ARGS) --output-file requirements.lock pyproject.toml
	$(COMPILE) --build-deps-for wheel --constraint requirements.lock --output-file requirements.image.lock pyproject.toml

clean:  ## remove what make made
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
