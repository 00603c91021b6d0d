"""Writes the encoder as an int8 ONNX file that onnxruntime runs, and its vocabulary beside it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from sentencepiece import SentencePieceProcessor

from bot.advice.encoder import MODEL, PIECES
from tools.encoder.finetune import Encoder, pieces_of


def exported(encoder: Encoder, pieces: bytes, folder: Path) -> Path:
    """Write the encoder and its ``pieces`` (a SentencePiece model) into ``folder``; returns the ONNX file."""
    folder.mkdir(parents=True, exist_ok=True)
    encoder.eval()
    ids, mask = pieces_of(SentencePieceProcessor(model_proto=pieces), ["jeg kan ikke betale min husleje", "i am afraid"])
    with tempfile.TemporaryDirectory() as temporary:
        whole = Path(temporary) / "whole.onnx"
        axes = {0: "batch", 1: "pieces"}
        torch.onnx.export(
            encoder,
            (ids, mask),
            str(whole),
            input_names=["ids", "mask"],
            output_names=["vectors"],
            dynamic_axes={"ids": axes, "mask": axes, "vectors": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(
            whole,
            folder / MODEL,
            per_channel=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul", "Gather"],
        )
    model = onnx.load(folder / MODEL)
    onnx.checker.check_model(model)
    (folder / PIECES).write_bytes(pieces)
    return folder / MODEL


def agreement(encoder: Encoder, cut: SentencePieceProcessor, path: Path, texts: list[str]) -> float:
    """The mean cosine between the vectors of torch and of the file at ``path`` (both centred), over ``texts``."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        ids, mask = pieces_of(cut, texts)
        exact = encoder(ids, mask).numpy()
    (rough,) = session.run(None, {"ids": ids.numpy(), "mask": mask.numpy()})
    exact, rough = exact - exact.mean(0), rough - rough.mean(0)
    scaled = exact / exact.std(0), rough / rough.std(0)
    norms = [np.linalg.norm(rows, axis=1) for rows in scaled]
    return float(((scaled[0] * scaled[1]).sum(1) / (norms[0] * norms[1])).mean())
