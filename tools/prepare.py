"""Prepares what `make` needs, with nothing but a Python >= 3.11 and its standard library.

python3 tools/prepare.py environments [--developer]   both environments, from the hashed locks
python3 tools/prepare.py train                        the models, when code or data behind them changed
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.settings import SettingError, Settings  # noqa: E402

VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "requirements"
# The versions that the locks are tested on, newest first.
APP_PYTHONS = ("3.13", "3.12", "3.11")
RASA_PYTHON = "3.10"


class CannotPrepare(Exception):
    """What is missing and what to do about it."""


def pythons(version: str) -> Iterator[Path]:
    """Interpreters of ``version`` that really start: on PATH, then pyenv's (whose shim alone does not)."""
    named = shutil.which(f"python{version}")
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    found = sorted(pyenv.glob(f"{version}.*/bin/python{version}"), reverse=True) if pyenv.is_dir() else []
    for path in [*([Path(named)] if named else []), Path(sys.executable), *found]:
        asked = subprocess.run(
            [path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], capture_output=True, text=True, check=False
        )
        if asked.returncode == 0 and asked.stdout.strip() == version:
            yield path


def app_python() -> Path:
    """The newest supported interpreter.

    Raises:
        CannotPrepare: there is none.
    """
    for version in APP_PYTHONS:
        for path in pythons(version):
            return path
    raise CannotPrepare(f"No Python {', '.join(APP_PYTHONS)} was found. Install one of them and run make again.")


def rasa_python(uv: Path) -> Path:
    """A Python 3.10 for Rasa: one that is here, or one that uv fetches.

    Raises:
        CannotPrepare: there is none and none can be fetched.
    """
    for path in pythons(RASA_PYTHON):
        return path
    say(f"No Python {RASA_PYTHON} here; asking uv to fetch one")
    fetched = subprocess.run([uv, "python", "install", RASA_PYTHON], capture_output=True, text=True, check=False)
    located = subprocess.run([uv, "python", "find", RASA_PYTHON], capture_output=True, text=True, check=False)
    if fetched.returncode or located.returncode:
        raise CannotPrepare(
            f"Rasa needs Python {RASA_PYTHON}, and none was found on PATH or in pyenv, nor could uv fetch one.\n"
            f"Install it in one of these ways and run make again:\n"
            f"  pyenv install {RASA_PYTHON}\n"
            f"  your system's package python{RASA_PYTHON} with python{RASA_PYTHON}-venv\n"
            f"  uv python install {RASA_PYTHON}   (on a machine that may download it)"
        )
    return Path(located.stdout.strip())


def environments(*, developer: bool) -> None:
    """Both environments, made or brought up to date; nothing is done where the locks have not changed."""
    uv = the_uv()
    lock = REQUIREMENTS / ("dev.txt" if developer else "app.txt")
    # A developer's environment serves `make run` too: it must not be thinned out between two commands.
    if not developer and _stamp(VENV / "app") == _wanted(REQUIREMENTS / "dev.txt"):
        lock = REQUIREMENTS / "dev.txt"
    _environment(uv, "app", app_python, lock)
    _environment(uv, "rasa", lambda: rasa_python(uv), REQUIREMENTS / "rasa.txt")


def the_uv() -> Path:
    """uv, in an environment of its own, from its hashed lock."""
    home, lock = VENV / "uv", REQUIREMENTS / "uv.txt"
    uv = home / "bin" / "uv"
    if _stamp(home) != _wanted(lock):
        step("Installing uv")
        shutil.rmtree(home, ignore_errors=True)
        call([sys.executable, "-m", "venv", str(home)])
        call([str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(lock)])
        (home / "stamp").write_text(_wanted(lock))
    return uv


def _environment(uv: Path, name: str, python: object, lock: Path) -> None:
    home = VENV / name
    if _stamp(home) == _wanted(lock) and (home / "bin" / "python").exists():
        return
    chosen = python() if callable(python) else python
    step(f"Installing the {name} environment ({lock.name}, {chosen})")
    call([str(uv), "venv", "--quiet", "--clear", "--python", str(chosen), str(home)])
    call([str(uv), "pip", "sync", "--quiet", "--require-hashes", "--python", str(home / "bin" / "python"), str(lock)])
    (home / "stamp").write_text(_wanted(lock))


def _wanted(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _stamp(home: Path) -> str:
    path = home / "stamp"
    return path.read_text() if path.exists() else ""


def train() -> None:
    """Train what is stale. Says from what it decides."""
    settings = Settings.read()
    models = settings.home / "models"
    (settings.home / "logs").mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": "0",
        "RASA_TELEMETRY_ENABLED": "false",
        "INTERNAL_URL": f"http://127.0.0.1:{settings.internal_port}",
        # One thread for each of the two that train at a time: more wait for one another twice as long as they work.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "PYTHONWARNINGS": "ignore",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "RASA_CACHE_DIRECTORY": str(settings.home / "cache" / "rasa"),
        "RASA_MAX_CACHE_SIZE": "300",
    }
    app, rasa = (str(VENV / name / "bin" / "python") for name in ("app", "rasa"))
    model = models / "rasa" / "vejviser.tar.gz"
    digests = {
        settings.language_model: _digest(_language_files()),
        settings.risk_model: _digest(_risk_files()),
        model: _digest(_rasa_files()),
    }

    def languages() -> None:
        if _is_stale(settings.language_model, digests[settings.language_model], "language model", "data, or bot/advice/languages"):
            _train("the language model", [app, "-m", "bot.advice.languages.train"], environment, settings)
            _remember(settings.language_model, digests[settings.language_model])

    def vectors() -> None:
        if _is_stale(settings.risk_model, digests[settings.risk_model]):
            _train("the sentence vectors", [app, "-m", "bot.advice.risk.train", "vectors"], environment, settings)

    def risk() -> None:
        behind = "data/risk, knowledge/risk or bot/advice"
        if _is_stale(settings.risk_model, digests[settings.risk_model], "risk classifier", behind):
            _train("the risk classifier", [app, "-m", "bot.advice.risk.train"], environment, settings)
            _remember(settings.risk_model, digests[settings.risk_model])

    def topics() -> None:
        if _is_stale(model, digests[model], "Rasa model", "config.yml, domain, data, knowledge, bot/nlu or bot/advice"):
            # Validation reads every file again; `make check` does it (rasa data validate).
            arguments = ["train", "--quiet", "--skip-validation", "--fixed-model-name", "vejviser", "--out", str(model.parent)]
            _train("the Rasa model (a few minutes the first time)", [rasa, "-m", "rasa", *arguments], environment, settings)
            for other in set(model.parent.glob("*.tar.gz")) - {model}:
                other.unlink()
            _remember(model, digests[model])

    # Two at a time, each of which keeps hardly more than one core busy. The second pair needs what the first made.
    with ThreadPoolExecutor(2) as pool:
        for pair in ((languages, vectors), (risk, topics)):
            for job in [pool.submit(job) for job in pair]:
                job.result()


def _train(what: str, command: Sequence[str], environment: dict[str, str], settings: Settings) -> None:
    step(f"Training {what}")
    name = "-".join(re.findall(r"[a-z]+", what.split("(")[0].lower())[1:])
    call(command, environment, settings.home / "logs" / f"train-{name}.log", what)


def _language_files() -> list[Path]:
    code = [*_under("bot/advice/languages", "*.py"), ROOT / "knowledge" / "languages.yml"]
    return [*code, *_under("data/nlu", "*"), *_under("data/risk", "*"), REQUIREMENTS / "app.txt"]


def _risk_files() -> list[Path]:
    code = [*_under("bot/advice/risk", "*.py"), *(ROOT / "bot" / "advice" / f"{name}.py" for name in ("encoder", "mentions"))]
    return [*code, *_under("data/risk", "*"), *_under("knowledge/risk", "*"), REQUIREMENTS / "app.txt"]


def _rasa_files() -> list[Path]:
    code = (ROOT / "bot" / "advice" / f"{name}.py" for name in ("encoder", "knowledge", "mentions", "topics"))
    parts = [*_under("bot/nlu", "*.py"), *_under("bot/advice/languages", "*.py"), *code, *_under("domain", "*")]
    parts += [*_under("data/nlu", "*"), *_under("data/rules", "*"), REQUIREMENTS / "rasa.txt"]
    names = ("offers.csv", "districts.yml", "audiences.yml", "named_things.yml", "languages.yml", "names_elsewhere.yml")
    parts += [ROOT / "knowledge" / name for name in names]
    return [*parts, *(ROOT / f"{name}.yml" for name in ("config", "domain"))]


def _under(folder: str, pattern: str) -> list[Path]:
    return [path for path in (ROOT / folder).rglob(pattern) if path.is_file() and "__pycache__" not in path.parts]


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(set(files)):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _is_stale(model: Path, digest: str, name: str = "", behind: str = "") -> bool:
    """Whether ``model`` must be trained; says why, where it has a ``name``."""
    mark = model.with_suffix(".trained-from")
    if model.exists() and mark.exists() and mark.read_text() == digest:
        return False
    if name:
        say(f"{name}: something in {behind} has changed since it was trained" if model.exists() else f"{name}: there is none yet")
    return True


def _remember(model: Path, digest: str) -> None:
    model.with_suffix(".trained-from").write_text(digest)


def call(command: Sequence[str], environment: dict[str, str] | None = None, log: Path | None = None, what: str = "") -> None:
    """Run ``command``; what it prints goes to ``log``. ``what`` it is, is said with the seconds it took.

    Raises:
        CannotPrepare: it failed; the end of its output is in the text.
    """
    begun = time.monotonic()
    with tempfile.TemporaryFile() as file:
        process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environment, cwd=ROOT)
        while process.poll() is None:
            time.sleep(0.2)
            if sys.stdout.isatty():
                print(f"\r  {time.monotonic() - begun:4.0f} s", end="\r", flush=True)
        file.seek(0)
        output = file.read()
    if log:
        log.write_bytes(output)
    if process.returncode:
        tail = output.decode("utf-8", "replace")[-3000:]
        raise CannotPrepare(f"This failed: {' '.join(command)}\n{tail}" + (f"\nAll of it: {log}" if log else ""))
    if (seconds := time.monotonic() - begun) > 5:
        say(f"  {what}: {seconds:.0f} s" if what else f"  done in {seconds:.0f} s")


def step(text: str) -> None:
    say(f"{text} ...")


def say(text: str) -> None:
    print(text, flush=True)


def main(arguments: list[str]) -> int:
    try:
        if arguments[:1] == ["environments"]:
            environments(developer="--developer" in arguments)
        elif arguments == ["train"]:
            train()
        else:
            print(__doc__)
            return 2
    except (CannotPrepare, SettingError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
