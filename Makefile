# The two commands are `make run` and `make test`; the rest is what they are made of. See CONTRIBUTING.md.
PYTHON ?= python3
APP = .venv/app/bin/python
RASA_ENVIRONMENT = RASA_TELEMETRY_ENABLED=false PYTHONWARNINGS=ignore SQLALCHEMY_SILENCE_UBER_WARNING=1 TF_CPP_MIN_LOG_LEVEL=2 OMP_NUM_THREADS=1 INTERNAL_URL=http://127.0.0.1:5055
export PYTHONPATH = $(CURDIR)

.PHONY: run test check train environments developer screenshots catalogs evaluate bench bench-desk bench-nlu languages quality evaluate-risk encoder clean

run: environments train
	@$(APP) -m bot.supervisor

test: developer check train
	@$(APP) -m pytest

environments:
	@$(PYTHON) tools/prepare.py environments

developer:
	@$(PYTHON) tools/prepare.py environments --developer

train: 
	@$(PYTHON) tools/prepare.py train

check: developer
	@$(APP) -m tools.check

# make evaluate MESSAGES=in.jsonl OUT=out.jsonl: what the bot understands in each line (docs/api.md).
evaluate: developer train
	@$(RASA_ENVIRONMENT) .venv/rasa/bin/python -m bot.nlu.evaluate $(MESSAGES) $(OUT)

# The reply time beside the bot that `rasa init` makes, in the same run.
bench: developer train
	@$(APP) -m tools.bench
	@$(APP) -m tools.bench_desk

# How soon a human is there, with 500 pages and 50 consoles open.
bench-desk: developer train
	@$(APP) -m tools.bench_desk

# The pictures of docs/console.md, made by the tests.
screenshots: developer train
	@SCREENSHOTS=docs/images/console $(APP) -m pytest tests/browser/test_handoff.py tests/browser/test_console_pages.py -k "goodbye or alarms or called or look"

# Collect the Danish texts into every language's catalog.
catalogs:
	@$(APP) -m tools.catalogs update

# What each language has and what it lacks.
languages: developer
	@$(APP) -m tools.languages

# Measure understanding on the evaluation sets and write docs/quality.md with its figures.
quality: developer train
	@$(APP) -m tools.quality

# Measure how danger is seen on the evaluation sets: prints it, and writes docs/risk.md.
evaluate-risk: developer train
	@$(APP) -m tools.evaluate_risk

# The pipeline beside that of `rasa init` on public data: make bench-nlu DATA=folder (docs/quality.md).
bench-nlu: developer train
	@$(APP) -m tools.bench_nlu $(DATA)

# The product's own sentence encoder, anew from all messages: an hour or two, once a release (docs/decisions/0006).
encoder:
	@$(PYTHON) -m venv .venv/encoder
	@.venv/encoder/bin/pip install --quiet -r requirements/encoder.txt
	@.venv/encoder/bin/python -m tools.encoder

clean:
	rm -rf .vejviser .rasa models
