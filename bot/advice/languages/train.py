"""Fits the language model on the messages of ``data/nlu`` and ``data/risk``: ``python -m bot.advice.languages.train``."""

from __future__ import annotations

import csv
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from ruamel.yaml import YAML

from bot.advice import knowledge, languages
from bot.advice.languages import model
from bot.settings import ROOT, Settings

# Inverse regularisation; chosen on the dev sets (docs/decisions/0007).
_C = 30.0
# Beside each whole message this many cuttings of one to four words: people write "hvad nu" and "caawi" too.
_CUTTINGS = 2
# And this many of what is written in Latin letters in a language of another script: there is least of it.
_CUTTINGS_ROMANISED = 4
# The share of messages that get a Danish name of a place or a thing beside them: they stand in every language's messages.
_NAMES = 0.2
# The share of messages that are learnt as another keyboard writes them, too.
_KEYBOARDS = 0.15
_KEYBOARD = {
    # Persian and Urdu letters on an Arabic keyboard.
    "fa": str.maketrans({"ی": "ي", "ک": "ك", "ہ": "ه", "ے": "ي"}),
    "ur": str.maketrans({"ی": "ي", "ک": "ك", "ہ": "ه", "ے": "ي"}),
    # Ukrainian in Latin letters (Cabinet of Ministers, 2010).
    "uk": str.maketrans(
        dict(zip("абвгґдезиіїйклмнопрстуфьыэ", "abvhgdezyiiiklmnoprstuf ye"))
        | {"є": "ie", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ю": "iu", "я": "ia", "ъ": ""}
    ),
}
_DANISH_THINGS = (
    *("kommune", "kommunen", "jobcenter", "kontanthjælp", "sagsbehandler", "fogedret", "borgerservice", "e-boks", "mitid", "rki"),
    *("inkasso", "krisecenter", "boligstøtte", "københavn", "tingbjerg", "mjølnerparken", "aktindsigt", "opholdstilladelse"),
)


def examples(folder: Path = ROOT / "data") -> Iterator[tuple[str, str]]:
    """(language, text) of every training message."""
    yaml = YAML(typ="safe")
    for path in sorted((folder / "nlu").glob("*/*.yml")):
        for block in yaml.load(path.read_text("utf-8"))["nlu"]:
            for line in block.get("examples", "").splitlines():
                yield path.parent.name, line.strip().removeprefix("- ")
    for path in sorted((folder / "risk").glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            yield from ((path.stem.split("-")[0], row[-1]) for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def fitted() -> model.LanguageModel:
    """The model on all messages and on cuttings of them."""
    chance = random.Random(1)  # noqa: S311
    names = [row["name"] for row in knowledge.districts().values()] + list(_DANISH_THINGS)
    codes, texts = [], []
    for code, text in dict.fromkeys(examples()):
        codes.append(code)
        texts.append(text)
        words = model.words(text)
        cuttings = _CUTTINGS_ROMANISED if languages.is_romanised(text, code) else _CUTTINGS
        for _ in range(cuttings if len(words) > 4 else 0):
            size = chance.randint(1, 4)
            at = chance.randrange(len(words) - size + 1)
            codes.append(code)
            texts.append(" ".join(words[at : at + size]))
        if code in _KEYBOARD and chance.random() < _KEYBOARDS:
            codes.append(code)
            texts.append(text.lower().translate(_KEYBOARD[code]))
        if chance.random() < _NAMES:
            codes.append(code)
            texts.append(f"{' '.join(words[:4])} {chance.choice(names)}")
    return model.fit(texts, codes, c=_C)


def main() -> int:
    fitted().save(Settings.read().language_model)
    return 0


if __name__ == "__main__":
    sys.exit(main())
