"""The vocabulary, cut from the 250,000 pieces of XLM-R to those that the thirteen languages use, as a SentencePiece model."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import wordfreq
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer, sentencepiece_model_pb2

from tools.encoder.packed import PackedModel

# Those of ours that wordfreq counts, and Russian; the others' words come from the messages and the catalogs.
_COUNTED = ("da", "en", "ar", "tr", "ur", "fa", "pl", "uk", "sh", "ru")
_WORDS = 25_000
_SCRIPTS = re.compile(
    r"[\u2581\u0000-\u024F\u0300-\u036F\u0400-\u04FF\u0600-\u06FF\u0750-\u077F\u1200-\u139F\u1E00-\u1EFF\u2010-\u2060]+"
)
# Seen in a message or a text of ours, a piece is kept before any that is only frequent elsewhere.
_OURS = 1000


def model(packed: PackedModel, kept: Sequence[int]) -> bytes:
    """A SentencePiece model (unigram, XLM-R's normalisation) over the pieces ``kept``, numbered anew in their order."""
    made = sentencepiece_model_pb2.ModelProto()
    number = {old: new for new, old in enumerate(kept)}
    kinds = dict.fromkeys((packed.bos, packed.eos, packed.pad), made.SentencePiece.CONTROL)
    kinds[packed.unk] = made.SentencePiece.UNKNOWN
    for old in kept:
        kind = kinds.get(old, made.SentencePiece.NORMAL)
        made.pieces.add(piece=packed.pieces[old], score=float(packed.scores[old]), type=kind)
    made.trainer_spec.model_type = made.trainer_spec.UNIGRAM
    for name in ("unk", "bos", "eos", "pad"):
        setattr(made.trainer_spec, f"{name}_id", number[getattr(packed, name)])
    made.normalizer_spec.CopyFrom(_normalisation())
    return bytes(made.SerializeToString())


def chosen(packed: PackedModel, texts: Iterable[str], size: int) -> list[int]:
    """The numbers of the ``size`` pieces to keep, ascending.

    Kept are the marks, single characters of the languages' scripts, what ``texts`` and the languages' most frequent words are
    cut into, and then the likeliest pieces in those scripts.
    """
    cut = SentencePieceProcessor(model_proto=model(packed, range(len(packed.pieces))))
    used: Counter[int] = Counter()
    for ids in cut.encode(list(texts)):
        used.update(dict.fromkeys(ids, _OURS))
    for language in _COUNTED:
        for rank, ids in enumerate(cut.encode(wordfreq.top_n_list(language, _WORDS))):
            for number in ids:
                used[number] += 1 + 100 // (rank + 1)
    marks = {packed.bos, packed.eos, packed.pad, packed.unk}
    ours = [i for i, piece in enumerate(packed.pieces) if _SCRIPTS.fullmatch(piece)]
    letters = {i for i in ours if len(packed.pieces[i].removeprefix("\u2581")) <= 1}
    kept = marks | letters
    for number in (*(n for n, _ in used.most_common()), *sorted(ours, key=lambda i: -packed.scores[i])):
        if len(kept) < size:
            kept.add(number)
    return sorted(kept)


def _normalisation() -> sentencepiece_model_pb2.NormalizerSpec:
    """SentencePiece's own nmt_nfkc, which XLM-R was made with: the table comes with any model it trains."""
    with tempfile.TemporaryDirectory() as folder:
        prefix = Path(folder) / "any"
        SentencePieceTrainer.train(
            sentence_iterator=iter(["a b c d e f"] * 20),
            model_prefix=str(prefix),
            vocab_size=12,
            hard_vocab_limit=False,
            normalization_rule_name="nmt_nfkc",
            minloglevel=2,
        )
        trained = sentencepiece_model_pb2.ModelProto()
        trained.ParseFromString(prefix.with_suffix(".model").read_bytes())
        return trained.normalizer_spec
