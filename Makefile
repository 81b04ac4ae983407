# The commands of this project. `make run` shows it, `make test` proves it, `make check` reads it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=

# Cards for the first time lie over what is measured and painted.
picture latency opening views review: export NAPARI_DSC_TOUR := off

.PHONY: run test check graph format picture docs examples package workflows study study-volume bench latency opening views review pixels soak motion proposals cohort fuzz mutants clean

# An installed environment, renewed when pyproject.toml changes.
$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "napari-dsc needs Python 3.11 or newer, got " + sys.version.split()[0])'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable ".[all]" --group dev
	@touch $@

.PHONY: system
system:
	@./scripts/system-libraries

run: system $(VENV)/.installed
	@WITHOUT_A_SCREEN="--screenshot demo.png" ./scripts/on-a-screen $(BIN)/napari-dsc demo $(ARGS)

# A module stays on one worker, and so do scenes that share a window; the long ones come first.
# The many processes that tests start load what was compiled once, whatever the shell says of it.
test: export PYTHONDONTWRITEBYTECODE :=
test: system $(VENV)/.installed
	$(BIN)/python -m pytest -n auto --dist loadgroup --no-loadscope-reorder $(ARGS)

check: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Who imports whom, by folder; exit code 1 if there is a circle.
graph: $(VENV)/.installed
	$(BIN)/python scripts/import_graph.py $(ARGS)

format: $(VENV)/.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The pictures that the README shows, made from the running program with mouse and keyboard, and how
# many actions a report takes; nothing painted is remembered.
picture: export XDG_STATE_HOME := $(shell mktemp -d)
picture: system $(VENV)/.installed
	@./scripts/on-a-screen $(BIN)/napari-dsc demo --screenshot docs/demo.png
	@./scripts/on-a-screen $(BIN)/python scripts/live_picture.py docs/live.gif
	@./scripts/on-a-screen $(BIN)/python -m scripts.reading_journey docs $(ARGS)

# The site, from the pages in docs and from the tables of the program; warnings are errors.
docs: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group docs
	$(BIN)/python -m docs.site build/site

# Ten scripts by topic, each with a picture.
examples: $(VENV)/.installed
	$(BIN)/python -m examples build/examples

# What is published: built in an empty environment, checked, and its manifest with it.
package: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group package
	rm -rf build/dist
	$(BIN)/python -m build --outdir build/dist
	$(BIN)/twine check --strict build/dist/*
	$(BIN)/check-wheel-contents build/dist/*.whl
	$(BIN)/validate-pyproject pyproject.toml
	$(BIN)/npe2 validate napari_dsc/napari.yaml

# The files of GitHub and of docker.
workflows: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group lint
	$(BIN)/actionlint
	$(BIN)/hadolint Dockerfile

# Every method against curves of known truth: the tables and the figure of docs/study.md.
study: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group study
	$(BIN)/python -m benchmarks.study
	$(BIN)/python -m benchmarks.study.posterior
	$(BIN)/python -m benchmarks.study.denoising

# CBV by integral and by weights against curves of known truth: docs/study-volume.md; exit code 1 if the
# default is not the one that its rule asks for.
study-volume: $(VENV)/.installed
	$(BIN)/python -m benchmarks.study.volume

# Speed and memory as ratios against yardsticks of the same run; best on an idle machine.
bench: $(VENV)/.installed
	$(BIN)/python -m benchmarks.speed $(ARGS)

# From a gesture in the running viewer to the new slice on screen, beside the bare computation.
latency: system $(VENV)/.installed
	@./scripts/on-a-screen $(BIN)/python -m benchmarks.latency $(ARGS)

# The window's longest silence while a scan of 300 MB is opened.
opening: system $(VENV)/.installed
	@./scripts/on-a-screen $(BIN)/python -m benchmarks.opening

# From a view, a slice, a Compute or a start to its picture on screen, beside bare napari.
views: system $(VENV)/.installed
	@./scripts/on-a-screen $(BIN)/python -m benchmarks.views $(ARGS)

# The next scan of a cohort on screen, and a redrawn AIF until its maps are saved.
review: system $(VENV)/.installed
	@./scripts/on-a-screen $(BIN)/python -m benchmarks.review $(ARGS)

# How much of the screen is picture and how much is brain, at the two usual sizes; exit code 1 below a
# bar. ARGS="--pictures FOLDER" keeps pictures of the screens.
pixels: system $(VENV)/.installed
	$(BIN)/python -m benchmarks.pixels $(ARGS)

# What stays in memory after a long day of work in the running viewer; about ten minutes.
soak: system $(VENV)/.installed
	@./scripts/on-a-screen $(BIN)/python -m benchmarks.soak $(ARGS)

# Motion correction of a full matrix: how near, how long, how much memory.
motion: $(VENV)/.installed
	$(BIN)/python -m benchmarks.motion

# What is proposed (artery, vein, brain, midline, reference region) against a patient of known truth;
# about half an hour.
proposals: $(VENV)/.installed
	$(BIN)/python -m benchmarks.proposals $(ARGS)

# Many scans, some of them damaged, with processes killed and a full disk: each has its row, none is
# blamed for another; how fast, how much memory. `make cohort ARGS="--scans 1000"` takes an hour.
cohort: $(VENV)/.installed
	$(BIN)/python -m benchmarks.cohort $(ARGS)

# Damaged files by the thousand: each has to give a scan, or an error in one line.
fuzz: $(VENV)/.installed
	$(BIN)/python -m scripts.fuzz $(ARGS)

# Deliberate faults in the core, each of which a test has to catch; about a quarter of an hour.
mutants: system $(VENV)/.installed
	$(BIN)/python scripts/mutants.py $(ARGS)

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
