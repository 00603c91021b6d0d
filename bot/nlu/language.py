"""Graph component: the language of a message."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.advice import fingerprint, knowledge, languages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class LanguageIdentifier(GraphComponent):
    """Sets ``language`` to ``{"code": ISO 639-1, "confidence": 0..1}``.

    The channel has already judged it where a citizen writes (metadata ``language``); the shell and ``rasa test`` have not.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            # Answered when the text holds no evidence: "ok", "?", an emoji.
            "default": "da",
        }

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = {**self.get_default_config(), **config}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageIdentifier:
        return cls(config)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        # Rasa's cache hashes this class only; the work is done over there.
        return fingerprint.of(languages, files=[knowledge.ROOT / "languages.yml"])

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            known = (message.get("metadata") or {}).get("language")
            if known:
                found = languages.Language(known, 1.0)
            else:
                found = languages.identify(message.get(TEXT) or "", so_far=self._config["default"])
            message.set("language", {"code": found.code, "confidence": found.confidence}, add_to_output=True)
        return messages
