"""Graph component: the danger in a message, as the second net behind the app's own check."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.advice import fingerprint, knowledge, risk
from bot.settings import Settings

RISK_INTENT = "risk_acute"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class RiskDetector(GraphComponent, IntentClassifier):
    """Sets ``risk`` to ``{"level", "categories", "confidence"}``; an acute one becomes the intent ``risk_acute``.

    The topics keep their places behind it in ``intent_ranking``. Where the app has judged the message already
    (metadata ``risk``), its judgement stands: one message has one level. A model of other topics has no such intent.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """No choices: thresholds are the domain's and were chosen on the dev set."""
        return {}

    def __init__(self, detector: risk.RiskDetector) -> None:
        self._detector = detector

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RiskDetector:
        return cls(risk.RiskDetector.load(Settings.read().risk_model))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        # Rasa's cache hashes this class only; the work is done over there, the words are data.
        return fingerprint.of(risk, files=(knowledge.ROOT / "risk").glob("*.yml"))

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            judged = (message.get("metadata") or {}).get("risk") or self._judge(message.get(TEXT) or "")
            message.set("risk", judged, add_to_output=True)
            ours = any(row["name"] in knowledge.topics() for row in message.get("intent_ranking", []))
            if ours and judged["level"] == "acute" and not (message.get(TEXT) or "").startswith("/"):
                intent = {"name": RISK_INTENT, "confidence": judged["confidence"]}
                message.set(INTENT, intent, add_to_output=True)
                message.set("intent_ranking", [intent, *message.get("intent_ranking", [])], add_to_output=True)
        return messages

    def _judge(self, text: str) -> dict[str, Any]:
        found = self._detector.assess(text)
        return {"level": found.level, "categories": list(found.categories), "confidence": found.confidence}
