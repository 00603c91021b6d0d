"""The catalogs: complete, safe to show from right to left, signed by those who read them, and open for one more language."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from ruamel.yaml import YAML

from bot.advice import languages
from bot.i18n import bidi, reviews
from bot.i18n.catalogs import Catalogs, po_path
from bot.i18n.responses import ResponseBook
from bot.settings import ROOT

ALL = [code for code in languages.CODES if code != "da"]


def messages(code: str) -> list[Message]:
    with po_path(code).open("rb") as file:
        return [message for message in read_po(file, locale=languages.locale(code)) if message.id]


@pytest.mark.parametrize("code", ALL)
def test_every_language_has_every_text(code: str) -> None:
    assert [message.id for message in messages(code) if not message.string] == []
    assert code in Catalogs.installed().languages


@pytest.mark.parametrize("code", ALL)
def test_buttons_fit_on_a_phone(code: str) -> None:
    long = [str(m.string) for m in messages(code) if m.context == "button" and len(str(m.string)) > 34]
    assert long == []


@pytest.mark.parametrize("code", ALL)
def test_no_translation_brings_a_number_of_its_own(code: str) -> None:
    """Numbers to call are rendered from the offers; a typed one would not be updated (S3)."""
    number = re.compile(r"(?<!\d)(?:\d\d[ -]?){4}(?!\d)|\d{5,}")
    brought = [str(m.string) for m in messages(code) if number.search(str(m.string)) and not number.search(str(m.id))]
    assert brought == []


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("اتصلي بـ RED Rådgivning (خط مساعدة) الآن", "اتصلي بـ <RED Rådgivning> (خط مساعدة) الآن"),
        ("من 9-15 كل يوم", "من <9-15> كل يوم"),
        ("اتصل على 70 27 76 66.", "اتصل على <70 27 76 66>."),
        ("قبل {deadline} لدى fogedret", "قبل {deadline} لدى <fogedret>"),
        ("عام 2026", "عام 2026"),
    ],
)
def test_danish_words_and_numbers_are_isolated(text: str, marked: str) -> None:
    assert bidi.isolated(text).replace("\u2066", "<").replace("\u2069", ">") == marked
    assert bidi.plain(bidi.isolated(text)) == text


@pytest.mark.parametrize("code", [code for code in ALL if languages.direction(code) == "rtl"])
def test_what_is_put_into_a_text_from_right_to_left_is_isolated(code: str) -> None:
    arguments = {"received": "2026-11-05", "deadline": "2026-11-19", "days_left": "3"}
    rendered = ResponseBook.of_the_project().render("utter_debt_rent_deadline", code, **arguments)
    assert rendered.text.count("\u2068") == len(arguments)
    assert "{" not in rendered.text
    assert "\u2068" not in rendered.text_da


def test_a_signature_counts_for_the_words_that_were_read() -> None:
    catalog = Catalog(locale="tr")
    message = catalog.add("Hej", "Merhaba", context="button")
    assert list(reviews.unread(catalog)) == [message]
    message.user_comments.append(reviews.signature(message, "KH", date(2026, 12, 1)))
    assert reviews.readers(message) == {"KH"}
    assert list(reviews.unread(catalog)) == []
    message.string = "Selam"
    assert reviews.readers(message) == set()


def test_what_decides_over_safety_needs_two_readers() -> None:
    catalog = Catalog(locale="tr")
    message = catalog.add("Ring 112", "112'yi ara", context="response utter_risk_acute_general")
    message.user_comments.append(reviews.signature(message, "KH", date(2026, 12, 1)))
    assert list(reviews.unread(catalog)) == [message]
    message.user_comments.append(reviews.signature(message, "SA", date(2026, 12, 2)))
    assert list(reviews.unread(catalog)) == []


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project without its messages, to try things on."""
    for name in ("bot", "tools", "actions", "domain", "knowledge", "domain.yml"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    return tmp_path


def run(copy: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(copy), "VEJVISER_HOME": str(copy / "home")}
    done = subprocess.run([sys.executable, *command], cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


MESSAGES = {
    "da": ["jeg kan ikke betale min husleje", "min bror bestemmer alt", "hvem kan jeg snakke med om det her"],
    "en": ["i cannot pay my rent", "my brother decides everything", "who can i talk to about this"],
    "sv": ["jag kan inte betala hyran", "min bror bestämmer allting över mig", "vem kan jag prata med om detta"],
}


@pytest.mark.timeout(120)
def test_a_fourteenth_language_is_a_line_a_folder_a_catalog_and_a_word_list(copy: Path) -> None:
    """As docs/languages.md says; what is missing is said at each step."""
    yaml = YAML()
    listed = copy / "knowledge" / "languages.yml"
    listed.write_text(
        listed.read_text("utf-8") + "sv:\n  name: Svenska\n  scripts: [latin]\n  called: [svensk, svenska]\n", "utf-8"
    )
    mine = run(copy, "-m", "tools.languages").split("sv  Svenska")[1]
    assert all(
        word in mine for word in ("no catalog", "data/nlu/sv", "knowledge/risk/sv.yml", "tests/evaluation/test/topics-sv.jsonl")
    )

    run(copy, "-m", "tools.languages", "new", "sv")
    path = copy / "bot" / "i18n" / "locale" / "sv" / "LC_MESSAGES" / "vejviser.po"
    with path.open("rb") as file:
        catalog = read_po(file, locale="sv")
    for message in catalog:
        if message.id:
            message.string = f"På svenska: {message.id}"
    from tools.catalogs import written

    path.write_bytes(written(catalog))
    shutil.copy(copy / "knowledge" / "risk" / "en.yml", copy / "knowledge" / "risk" / "sv.yml")
    for code, texts in MESSAGES.items():
        folder = copy / "data" / "nlu" / code
        folder.mkdir(parents=True)
        blocks = [{"intent": "debt_rent", "examples": "".join(f"- {text}\n" for text in texts)}]
        with (folder / "debt.yml").open("w", encoding="utf-8") as file:
            yaml.dump({"version": "3.1", "nlu": blocks}, file)
    run(copy, "-m", "bot.advice.languages.train")
    said = run(
        copy,
        "-c",
        "from bot.advice import languages; from bot.i18n.responses import ResponseBook;"
        "print(languages.identify('jag vill prata med någon om hyran').code, languages.name('sv'));"
        "print(ResponseBook.of_the_project().render('utter_debt_rent', 'sv').text[:11])",
    )
    assert said.splitlines() == ["sv Svenska", "På svenska:"]
    mine = run(copy, "-m", "tools.languages").split("sv  Svenska")[1]
    assert "no catalog" not in mine
    assert "not translated" not in mine
    assert "knowledge/risk/sv.yml" not in mine
