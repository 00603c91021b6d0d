"""This product's pipeline beside the one that `rasa init` makes, on public data, in one run: ``make bench-nlu DATA=folder``.

``DATA`` holds files ``intent_*_<language>_valid.tsv`` with the columns intent and text, such as those of xSID (CC BY-SA 4.0); they
are no part of the product. Both pipelines are cross-validated by Rasa itself, 5 folds, the same folds for both.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table
from ruamel.yaml import YAML

from bot.settings import Settings
from bot.supervisor import rasa_python
from tools.prepare import ROOT

_FOLDS = "5"
_ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "PYTHONWARNINGS": "ignore",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "INTERNAL_URL": "http://127.0.0.1:5055",
    "PYTHONHASHSEED": "0",
    "PYTHONPATH": str(ROOT),
}
# Rasa shuffles before it folds, by numpy's own chance: with the same seed both pipelines get the same folds.
_SEEDED = "import sys, numpy; numpy.random.seed(1); sys.argv[0] = 'rasa'; from rasa.__main__ import main; main()"
# What Rasa takes when a project names no pipeline, as a new one of `rasa init` does.
_RASA_DEFAULT = {"recipe": "default.v1", "assistant_id": "bench", "language": "en", "pipeline": None, "policies": None}


def sentences(path: Path) -> dict[str, list[str]]:
    """The texts of ``path`` by intent.

    Raises:
        SystemExit: the file has no columns intent and text.
    """
    found: dict[str, list[str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        if not {"intent", "text"} <= set(rows.fieldnames or ()):
            raise SystemExit(f"{path}: the first line must name the columns intent and text, with a tab between")
        for row in rows:
            found.setdefault(row["intent"].replace("/", "_"), []).append(row["text"])
    # Cross-validation needs an example of each intent in each fold.
    return {intent: texts for intent, texts in found.items() if len(texts) >= int(_FOLDS)}


def accuracy(config: Path, data: Path, log: Path) -> float:
    """The share of intents that ``config`` gets right in cross-validation on ``data``.

    Raises:
        SystemExit: Rasa failed; the text says where its output is.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [str(rasa_python()), "-c", _SEEDED, "test", "nlu", "--cross-validation", "--folds", _FOLDS, "--no-plot"]
        command += ["--nlu", str(data), "--config", str(config), "--out", folder]
        with log.open("wb") as output:
            done = subprocess.run(command, cwd=ROOT, env={**os.environ, **_ENVIRONMENT}, stdout=output, stderr=output, check=False)
        report = Path(folder) / "intent_report.json"
        if done.returncode or not report.exists():
            raise SystemExit(f"Rasa could not test {config.name}; what it said: {log}")
        return 100 * float(json.loads(report.read_text())["accuracy"])


def main(arguments: list[str]) -> int:
    files = sorted(Path(arguments[0]).glob("intent_*_valid.tsv")) if len(arguments) == 1 else []
    if not files:
        print(__doc__)
        return 2
    home = Settings.read().home / "bench" / "nlu"
    home.mkdir(parents=True, exist_ok=True)
    yaml = YAML()
    yaml.default_flow_style = False
    standard = home / "rasa-default.yml"
    yaml.dump(_RASA_DEFAULT, standard)
    table = Table("language", "sentences", "rasa init", "Vejviser")
    for path in files:
        language = path.stem.split("_")[-2]
        by_intent = sentences(path)
        data = home / f"{language}.yml"
        examples = [{"intent": k, "examples": "".join(f"- {text}\n" for text in texts)} for k, texts in by_intent.items()]
        yaml.dump({"version": "3.1", "nlu": examples}, data)
        scores = [accuracy(config, data, home / f"{language}-{config.stem}.log") for config in (standard, ROOT / "config.yml")]
        table.add_row(language, str(sum(map(len, by_intent.values()))), *(f"{score:.1f} %" for score in scores))
        print(f"{language}: rasa init {scores[0]:.1f} %, Vejviser {scores[1]:.1f} %", flush=True)
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
