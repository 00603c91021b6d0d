"""Reads the Rasa project: domain.yml as everywhere, and beside it the folder ``domain/`` with the responses by topic group."""

from __future__ import annotations

from pathlib import Path

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter


class ProjectImporter(RasaFileImporter):
    """Rasa's own importer, with ``<domain>/*.yml`` merged into ``<domain>.yml``.

    Three hundred responses in one file cannot be reviewed; Rasa's commands take one domain path unless told otherwise.
    """

    def get_domain(self) -> Domain:
        """The merged domain; only domain.yml where there is no such folder."""
        domain = super().get_domain()
        if self._domain_path and (parts := Path(self._domain_path).with_suffix("")).is_dir():
            domain = domain.merge(Domain.load(str(parts)))
        return domain
