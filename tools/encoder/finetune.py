"""Learns topics and danger together: the whole encoder moves a little, two linear heads are thrown away afterwards."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sentencepiece import SentencePieceProcessor
from torch import nn
from torch.nn import functional

from bot.advice.encoder import padded
from tools.encoder.messages import LEVELS, Example, as_typed
from tools.encoder.packed import PackedModel


@dataclass(frozen=True)
class Plan:
    """How it is learnt; chosen on the dev sets (docs/decisions/0006)."""

    passes: int = 3
    batch: int = 32
    rate: float = 8e-5
    head_rate: float = 1e-3
    warm_up: float = 0.06
    smoothing: float = 0.1
    # The share of messages that are typed anew (lower case, no accents, slips) in each pass.
    noise: float = 0.3
    level_weight: float = 0.5
    words_learn: bool = False
    dropout: float = 0.1
    seed: int = 42


class Encoder(nn.Module):
    """BERT with layer norm after each half; ids and mask [batch, pieces] -> mean over the pieces [batch, hidden]."""

    def __init__(self, packed: PackedModel, kept: Sequence[int], *, longest: int, dropout: float) -> None:
        super().__init__()
        size, self.heads = packed.hidden, packed.heads
        words = packed.matrix("emb.word", packed.vocabulary, size)[torch.tensor(kept)]
        self.word = nn.Embedding.from_pretrained(words, freeze=True)
        kind = packed.vector("emb.type", -1, size)[:1]
        self.position = nn.Embedding.from_pretrained(packed.vector("emb.pos", -1, size)[:longest] + kind, freeze=True)
        self.norm = _norm(packed, "emb.ln")
        self.drop = nn.Dropout(dropout)
        shapes = {"q": (size, size), "k": (size, size), "v": (size, size), "ao": (size, size)}
        shapes |= {"fi": (packed.ffn, size), "fo": (size, packed.ffn)}
        self.blocks = nn.ModuleList(
            nn.ModuleDict(
                {name: _linear(packed, f"l{i}.{name}", *shape) for name, shape in shapes.items()}
                | {name: _norm(packed, f"l{i}.{name}") for name in ("aln", "oln")}
            )
            for i in range(packed.layers)
        )

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        batch, length = ids.shape
        x = self.drop(self.norm(self.word(ids) + self.position(torch.arange(length))))
        hidden = ((1.0 - mask.to(x.dtype)) * -1e4)[:, None, None, :]
        for block in self.blocks:
            q, k, v = (block[n](x).view(batch, length, self.heads, -1).transpose(1, 2) for n in "qkv")
            shares = torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + hidden, dim=-1)
            seen = (self.drop(shares) @ v).transpose(1, 2).reshape(batch, length, -1)
            x = block["aln"](x + self.drop(block["ao"](seen)))
            x = block["oln"](x + self.drop(block["fo"](functional.gelu(block["fi"](x)))))
        weight = mask[..., None].to(x.dtype)
        return (x * weight).sum(1) / weight.sum(1)


class Learner(nn.Module):
    """The encoder with a head for topics and one for levels."""

    def __init__(self, encoder: Encoder, topics: Sequence[str], hidden: int) -> None:
        super().__init__()
        self.encoder, self.topics = encoder, list(topics)
        # The untaught vectors all point nearly the same way: without this the heads see hardly any difference.
        self.scaled = nn.BatchNorm1d(hidden, affine=False)
        self.drop = nn.Dropout(0.1)
        self.by_topic = nn.Linear(hidden, len(topics))
        self.by_level = nn.Linear(hidden, len(LEVELS))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        vectors = self.drop(self.scaled(self.encoder(ids, mask).float()))
        return self.by_topic(vectors), self.by_level(vectors)


def pieces_of(cut: SentencePieceProcessor, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
    """ids and mask [n, longest] of ``texts``, as the product will cut them."""
    ids, mask = padded(cut, texts)
    return torch.from_numpy(ids), torch.from_numpy(mask)


def learnt(
    learner: Learner, cut: SentencePieceProcessor, examples: Sequence[Example], plan: Plan, tell: Callable[[int, float], None]
) -> None:
    """Fit ``learner`` on ``examples``; ``tell`` hears pass and mean loss after each pass."""
    torch.manual_seed(plan.seed)
    chance = random.Random(plan.seed)  # noqa: S311
    learner.encoder.word.weight.requires_grad_(plan.words_learn)
    heads = [*learner.by_topic.parameters(), *learner.by_level.parameters()]
    body = [p for p in learner.encoder.parameters() if p.requires_grad]
    groups = [{"params": body, "lr": plan.rate}, {"params": heads, "lr": plan.head_rate}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
    steps = plan.passes * math.ceil(len(examples) / plan.batch)
    warm = max(1, int(plan.warm_up * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm)))
    )
    topic_number = {topic: i for i, topic in enumerate(learner.topics)}
    learner.train()
    for number in range(plan.passes):
        losses = []
        for batch in _batches(examples, plan, chance):
            texts = [as_typed(e.text, chance) if chance.random() < plan.noise else e.text for e in batch]
            topics = torch.tensor([topic_number.get(e.topic or "", -100) for e in batch])
            levels = torch.tensor([LEVELS.index(e.level) if e.level else -100 for e in batch])
            with torch.autocast("cpu", torch.bfloat16):
                by_topic, by_level = learner(*pieces_of(cut, texts))
            loss = by_topic.sum() * 0.0
            if (topics >= 0).any():
                loss = loss + functional.cross_entropy(by_topic.float(), topics, label_smoothing=plan.smoothing)
            if (levels >= 0).any():
                loss = loss + plan.level_weight * functional.cross_entropy(by_level.float(), levels, label_smoothing=plan.smoothing)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(body, 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        tell(number + 1, float(np.mean(losses)))
    learner.eval()


def _batches(examples: Sequence[Example], plan: Plan, chance: random.Random) -> Iterator[list[Example]]:
    """Shuffled, of like length within a batch: padding costs as much as words."""
    shuffled = chance.sample(list(examples), len(examples))
    span = plan.batch * 50
    batches = []
    for start in range(0, len(shuffled), span):
        part = sorted(shuffled[start : start + span], key=lambda e: len(e.text))
        batches += [part[i : i + plan.batch] for i in range(0, len(part), plan.batch)]
    chance.shuffle(batches)
    yield from batches


def _linear(packed: PackedModel, name: str, rows: int, columns: int) -> nn.Linear:
    layer = nn.Linear(columns, rows)
    layer.weight.data, layer.bias.data = packed.matrix(f"{name}.w", rows, columns), packed.vector(f"{name}.b", rows)
    return layer


def _norm(packed: PackedModel, name: str) -> nn.LayerNorm:
    layer = nn.LayerNorm(packed.hidden, packed.eps)
    layer.weight.data, layer.bias.data = packed.vector(f"{name}.w", packed.hidden), packed.vector(f"{name}.b", packed.hidden)
    return layer
