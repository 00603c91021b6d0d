"""What a trained model depends on beside its own class: Rasa's cache sees only the class's source."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType


def of(*modules: ModuleType, files: Iterable[Path] = ()) -> str:
    """A hash over the source of ``modules`` (a package: all its Python files) and the content of ``files``."""
    digest = hashlib.sha256()
    for path in sorted({*(p for module in modules for p in _sources(module)), *files}):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources(module: ModuleType) -> list[Path]:
    path = Path(str(module.__file__))
    return sorted(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]
