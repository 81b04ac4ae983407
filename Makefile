# The commands of this project. `make run` shows it, `make test` proves it, `make check` reads it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=

# Cards for the first time lie over what is measured and painted.
picture latency opening: export NAPARI_DSC_TOUR := off

.PHONY: run test check graph format picture study bench latency opening soak motion proposals fuzz mutants clean

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

# The scenes of a module share a window, so a module stays on one worker; the long ones come first.
test: system $(VENV)/.installed
	$(BIN)/python -m pytest -n auto --dist loadscope --no-loadscope-reorder $(ARGS)

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
	@./scripts/on-a-screen $(BIN)/python scripts/reading_journey.py docs

# Every method against curves of known truth: the tables and the figure of docs/study.md.
study: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group study
	$(BIN)/python -m benchmarks.study

# Speed and memory as ratios against yardsticks of the same run; best on an idle machine.
bench: $(VENV)/.installed
	$(BIN)/python -m benchmarks.speed $(ARGS)

# From a gesture in the running viewer to the new slice on screen, beside the bare computation.
latency: system $(VENV)/.installed
	@./scripts/on-a-screen $(BIN)/python -m benchmarks.latency $(ARGS)

# The window's longest silence while a scan of 300 MB is opened.
opening: system $(VENV)/.installed
	@./scripts/on-a-screen $(BIN)/python -m benchmarks.opening

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

# Damaged files by the thousand: each has to give a scan, or an error in one line.
fuzz: $(VENV)/.installed
	$(BIN)/python -m scripts.fuzz $(ARGS)

# Deliberate faults in the core, each of which a test has to catch; about a quarter of an hour.
mutants: system $(VENV)/.installed
	$(BIN)/python scripts/mutants.py $(ARGS)

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
