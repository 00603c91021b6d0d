# The two commands are `make run` and `make test`; the rest is what they are made of. See CONTRIBUTING.md.
PYTHON ?= python3
APP = .venv/app/bin/python
RASA_ENVIRONMENT = RASA_TELEMETRY_ENABLED=false PYTHONWARNINGS=ignore SQLALCHEMY_SILENCE_UBER_WARNING=1 TF_CPP_MIN_LOG_LEVEL=2 OMP_NUM_THREADS=1 INTERNAL_URL=http://127.0.0.1:5055
export PYTHONPATH = $(CURDIR)

.PHONY: run test check train environments developer catalogs evaluate bench clean

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

# Collect the Danish texts into every language's catalog.
catalogs:
	@$(APP) -m tools.catalogs update

clean:
	rm -rf .vejviser .rasa models
