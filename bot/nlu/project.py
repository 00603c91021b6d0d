"""Reads the Rasa project: domain.yml as everywhere, and beside it the folder ``domain/`` with the responses by topic group."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.training_data import TrainingData


class ProjectImporter(RasaFileImporter):
    """Rasa's own importer, with ``<domain>/*.yml`` merged into ``<domain>.yml``.

    Three hundred responses in one file cannot be reviewed; Rasa's commands take one domain path unless told otherwise.
    Every file is read once: Rasa asks five times in one training, and forty thousand messages take it seconds each time.
    It merges what it gets into copies.
    """

    def get_domain(self) -> Domain:
        """The merged domain; only domain.yml where there is no such folder."""
        return self._domain

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """The messages; their languages are told by folder and text, not by ``language``."""
        return self._nlu_data

    @cached_property
    def _domain(self) -> Domain:
        domain = super().get_domain()
        if self._domain_path and (parts := Path(self._domain_path).with_suffix("")).is_dir():
            domain = domain.merge(Domain.load(str(parts)))
        return domain

    @cached_property
    def _nlu_data(self) -> TrainingData:
        return super().get_nlu_data()
