"""The vocabulary, cut from the 250,000 pieces of XLM-R to those that the thirteen languages use."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import wordfreq
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from tools.encoder.packed import PackedModel

# Those of ours that wordfreq counts, and Russian; the others' words come from the messages and the catalogs.
_COUNTED = ("da", "en", "ar", "tr", "ur", "fa", "pl", "uk", "sh", "ru")
_WORDS = 25_000
_SCRIPTS = re.compile(
    r"[\u2581\u0000-\u024F\u0300-\u036F\u0400-\u04FF\u0600-\u06FF\u0750-\u077F\u1200-\u139F\u1E00-\u1EFF\u2010-\u2060]+"
)
# Longer messages say nothing more about their topic.
LONGEST = 128


def tokenizer(pieces: Sequence[tuple[str, float]], *, unk: int, bos: int, eos: int, pad: int) -> Tokenizer:
    """A unigram tokenizer over ``pieces`` (piece, log-probability): NFKC, no double spaces, e5's "query: " before the text."""
    made = Tokenizer(models.Unigram(list(pieces), unk_id=unk))
    made.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(r"[\p{Cf}&&[^\u200c\u200d]]"), ""),
            normalizers.NFKC(),
            normalizers.Prepend("query: "),
            normalizers.Replace(Regex(r"\s+"), " "),
        ]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", bos), ("</s>", eos)])
    made.enable_truncation(LONGEST)
    made.enable_padding(pad_id=pad, pad_token="<pad>")  # noqa: S106
    return made


def whole(packed: PackedModel) -> Tokenizer:
    """The encoder's own tokenizer, all pieces."""
    pieces = list(zip(packed.pieces, map(float, packed.scores)))
    return tokenizer(pieces, unk=packed.unk, bos=packed.bos, eos=packed.eos, pad=packed.pad)


def chosen(packed: PackedModel, texts: Iterable[str], size: int) -> list[int]:
    """The numbers of the ``size`` pieces to keep, ascending.

    Kept are the marks, single characters of the languages' scripts, what ``texts`` and the languages' most frequent words are
    cut into, and then the likeliest pieces in those scripts.
    """
    cut = whole(packed)
    cut.no_truncation()
    cut.no_padding()
    used: Counter[int] = Counter()
    for encoding in cut.encode_batch(list(texts), add_special_tokens=False):
        used.update(dict.fromkeys(encoding.ids, 1000))
    for language in _COUNTED:
        words = wordfreq.top_n_list(language, _WORDS)
        for rank, encoding in enumerate(cut.encode_batch(words, add_special_tokens=False)):
            for number in encoding.ids:
                used[number] += 1 + 100 // (rank + 1)
    marks = {packed.bos, packed.eos, packed.pad, packed.unk}
    ours = [i for i, piece in enumerate(packed.pieces) if _SCRIPTS.fullmatch(piece)]
    letters = {i for i in ours if len(packed.pieces[i].removeprefix("\u2581")) <= 1}
    kept = marks | letters
    for number, _ in used.most_common():
        if len(kept) < size:
            kept.add(number)
    for number in sorted(ours, key=lambda i: -packed.scores[i]):
        if len(kept) < size:
            kept.add(number)
    return sorted(kept)


def smaller(packed: PackedModel, kept: Sequence[int]) -> Tokenizer:
    """The tokenizer over the pieces ``kept``, numbered anew in their order."""
    number = {old: new for new, old in enumerate(kept)}
    pieces = [(packed.pieces[i], float(packed.scores[i])) for i in kept]
    return tokenizer(pieces, unk=number[packed.unk], bos=number[packed.bos], eos=number[packed.eos], pad=number[packed.pad])
