"""Graph component: dense sentence vectors from ``bot.advice.encoder``."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.advice import encoder, fingerprint
from bot.settings import Settings


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceVectors(DenseFeaturizer, GraphComponent):
    """Sets one sentence feature [1, 384] per message; no sequence features: nothing here looks at single words."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """No choices: the encoder is the product's."""
        return {**DenseFeaturizer.get_default_config()}

    @classmethod
    def required_components(cls) -> list[type]:
        return [Tokenizer]

    def __init__(self, config: dict[str, Any], name: str) -> None:
        super().__init__(name, config)
        self._encoder = encoder.shared()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceVectors:
        return cls(config, execution_context.node_name)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing can be set, so nothing can be wrong."""

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        # Rasa's cache hashes this class only; the work is done over there.
        return fingerprint.of(encoder) + encoder.SentenceEncoder.fingerprint()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        examples = [m for m in training_data.training_examples if m.get(TEXT)]
        self._add(examples, encoder.encode_training([m.get(TEXT) for m in examples], Settings.read().home / "cache"))
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        written = [m for m in messages if m.get(TEXT)]
        self._add(written, self._encoder.encode([m.get(TEXT) for m in written]))
        return messages

    def _add(self, messages: list[Message], vectors: encoder.Matrix) -> None:
        for message, vector in zip(messages, vectors):
            message.add_features(Features(vector[np.newaxis], FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
