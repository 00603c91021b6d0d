"""The gates of docs/architecture.md, one after the other: ``make check``. Says which failed, and shows their output only."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

from tools.prepare import ROOT, VENV

_APP = str(VENV / "app" / "bin" / "python")
_RASA = str(VENV / "rasa" / "bin" / "python")
_MOST_LINES = 400
_ENDINGS = {".py", ".js", ".css"}

GATES: dict[str, list[str]] = {
    "ruff format": [_APP, "-m", "ruff", "format", "--check", "--quiet", "."],
    "ruff check": [_APP, "-m", "ruff", "check", "--quiet", "."],
    "mypy --strict": [_APP, "-m", "mypy"],
    "import-linter": [str(VENV / "app" / "bin" / "lint-imports")],
    "vulture": [_APP, "-m", "vulture"],
    "catalogs": [_APP, "-m", "tools.catalogs", "check"],
    "rasa data validate": [_RASA, "-m", "rasa", "data", "validate", "--fail-on-warnings"],
}


def long_files() -> Iterator[str]:
    """Files with more lines of code than one head holds; blank lines and comments do not count."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.suffix not in _ENDINGS or not path.exists():
            continue
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
        code = sum(1 for line in lines if line and not line.startswith(("#", "//", "*", "/*")))
        if code > _MOST_LINES:
            yield f"{name}: {code} lines of code, more than {_MOST_LINES}"


def main() -> int:
    environment = {
        **os.environ,
        "RASA_TELEMETRY_ENABLED": "false",
        "INTERNAL_URL": "http://127.0.0.1:5055",
        "PYTHONPATH": str(ROOT),
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
    failed = []
    for name, command in GATES.items():
        begun = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        good = done.returncode == 0
        print(f"{'ok  ' if good else 'FAIL'} {name} ({time.monotonic() - begun:.0f} s)", flush=True)
        if not good:
            failed.append(name)
            print((done.stdout + done.stderr)[-6000:], flush=True)
    if found := list(long_files()):
        failed.append("file length")
        print("FAIL file length", *found, sep="\n")
    else:
        print(f"ok   no file over {_MOST_LINES} lines of code")
    if failed:
        print(f"{len(failed)} gates failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
