"""Graph component: which topic a message is about, from sentence vectors and character n-grams together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.advice import fingerprint, topics


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(GraphComponent, IntentClassifier):
    """Sets ``intent`` and ``intent_ranking``: ``{"name", "confidence" 0..1}``, best first, the first eight."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            # How much the sentence vectors weigh against the n-grams; chosen on the dev sets (docs/decisions/0003).
            "vector_weight": 0.35,
            # Regularisation of the two classifiers (bot.advice.topics.Weights); chosen on the dev sets.
            "vector_penalty": 0.00147,
            "ngram_penalty": 0.034,
            # Makes confidences true; chosen on the dev sets.
            "sharpness": 1.5,
            # Evaluation reads five topics; three more for what is not a topic (repeat, a cry for help).
            "ranking_length": 8,
        }

    @classmethod
    def required_components(cls) -> list[type]:
        return [Featurizer]

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: topics.TopicModel | None = None
    ) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage = storage
        self._resource = resource
        self._model = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TopicClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        # Rasa's cache hashes this class only; the work is done over there.
        return fingerprint.of(topics)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [m for m in training_data.intent_examples if m.get(TEXT) and m.get(INTENT)]
        if len({m.get(INTENT) for m in examples}) > 1:
            self._model = topics.TopicModel.fit(
                [m.get(TEXT) for m in examples],
                self._vectors(examples),
                [m.get(INTENT) for m in examples],
                topics.Weights(
                    vectors=self._config["vector_weight"],
                    vector_penalty=self._config["vector_penalty"],
                    ngram_penalty=self._config["ngram_penalty"],
                    sharpness=self._config["sharpness"],
                ),
            )
            self.persist()
        return self._resource

    def persist(self) -> None:
        with self._storage.write_to(self._resource) as folder:
            joblib.dump(self._model, Path(folder) / "topics.joblib", compress=3)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TopicClassifier:
        try:
            with model_storage.read_from(resource) as folder:
                return cls(config, model_storage, resource, joblib.load(Path(folder) / "topics.joblib"))
        except ValueError:
            # Nothing was trained: a file with one intent or none.
            return cls(config, model_storage, resource)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        # Nothing after this component learns from its guesses: thirty thousand of them would only cost time.
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        messages = [m for m in messages if m.get(TEXT)]
        if not messages:
            return messages
        if self._model is None:
            for message in messages:
                message.set("intent", {"name": None, "confidence": 0.0}, add_to_output=True)
                message.set("intent_ranking", [], add_to_output=True)
            return messages
        shares = self._model.probabilities([m.get(TEXT) for m in messages], self._vectors(messages))
        for message, row in zip(messages, shares):
            best = np.argsort(-row)[: self._config["ranking_length"]]
            ranking = [{"name": self._model.labels[i], "confidence": float(row[i])} for i in best]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    @staticmethod
    def _vectors(messages: list[Message]) -> npt.NDArray[np.float32]:
        return np.vstack([m.get_dense_features(TEXT)[1].features for m in messages])
