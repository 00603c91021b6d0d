"""Every language on screen: nothing left in Danish, language and direction on every bubble, five journeys for its readers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import expect

from bot.advice import knowledge, languages
from bot.i18n import bidi
from bot.settings import Settings
from tests.browser.conftest import PHONE, Visitor, Visits, reply, title, words
from tests.conftest import Site
from tools import catalogs

pytestmark = [pytest.mark.browser, pytest.mark.trained]

ELSEWHERE = [code for code in languages.CODES if code not in ("da", "en")]
each_language = pytest.mark.parametrize("language", ELSEWHERE)
# Somebody who reads only this language: discrimination, an offer near Tingbjerg, forced marriage, "is it anonymous?".
WRITTEN = {
    "ar": (
        "طلب مني الموظف أرجع لبلدي لأني محجبة، هذا تمييز",
        "أين أجد مساعدة قرب Tingbjerg",
        "أهلي يجبروني أتزوج ابن عمي",
        "هل هذا سري؟ هل يعرفون من أنا؟",
    ),
    "tr": (
        "başörtülü olduğum için işe almadılar, bu ayrımcılık değil mi",
        "Tingbjerg yakınında nereden yardım bulabilirim",
        "ailem beni zorla kuzenimle evlendirmek istiyor",
        "bu anonim mi, kim olduğumu görüyor musunuz",
    ),
    "ur": (
        "مجھے حجاب کی وجہ سے نوکری نہیں دی، یہ امتیازی سلوک ہے",
        "Tingbjerg کے قریب مدد کہاں ملے گی",
        "گھر والے زبردستی میری شادی کزن سے کر رہے ہیں",
        "کیا یہ گمنام ہے؟ کیا آپ کو پتہ ہے میں کون ہوں",
    ),
    "fa": (
        "چون حجاب دارم به من کار ندادند، این تبعیض است",
        "نزدیک Tingbjerg کجا کمک پیدا کنم",
        "خانواده‌ام می‌خواهند به زور مرا به پسر کاکایم بدهند",
        "آیا این ناشناس است؟ می‌فهمید من کی هستم؟",
    ),
    "so": (
        "shaqada waa la ii diiday xijaabka awgii, waa takoor",
        "halkee caawimo ka heli karaa meel u dhow Tingbjerg",
        "qoyskaygu waxay igu qasbayaan inaan guursado ina adeerkay",
        "ma qarsoodi baa, ma ogtihiin qofka aan ahay",
    ),
    "pl": (
        "nie dali mi pracy bo jestem Polką, to dyskryminacja",
        "gdzie znajdę pomoc w okolicy Tingbjerg",
        "rodzina zmusza mnie do ślubu z kuzynem",
        "czy to jest anonimowe, czy wiecie kim jestem",
    ),
    "uk": (
        "мене не взяли на роботу через те що я українка, це дискримінація",
        "де знайти допомогу біля Tingbjerg",
        "батьки змушують мене вийти заміж за родича",
        "це анонімно? ви знаєте хто я?",
    ),
    "bs": (
        "nisu mi dali posao jer nosim hidžab, to je diskriminacija",
        "gdje mogu naći pomoć blizu Tingbjerga",
        "porodica me tjera da se udam za rođaka",
        "je li ovo anonimno, znate li ko sam",
    ),
    "ku": (
        "ji ber hîcabê kar nedan min, ev cudakarî ye",
        "li nêzîkî Tingbjerg ez ê alîkarî li ku bibînim",
        "malbata min bi zorê dixwaze min bi pismamê min re bizewicîne",
        "ev anonîm e, hûn dizanin ez kî me",
    ),
    "ti": (
        "ብሰንኪ ሒጃበይ ስራሕ ከሊኦምኒ፡ እዚ ኣድልዎ እዩ",
        "ኣብ ከባቢ Tingbjerg ሓገዝ ኣበይ እረክብ",
        "ስድራቤተይ ብግዲ ንወዲ ሓወቦይ ከመርዓውኒ ይደልዩ",
        "እዚ ዘይስም ድዩ፧ መን ምዃነይ ትፈልጡ ዲኹም",
    ),
    "kl": (
        "kalaaliugama suliffimmik itigartinneqarpunga, tamanna discrimination-iuva",
        "Tingbjergip eqqaani sumi ikiorneqarsinnaavunga",
        "ilaqutama katissallunga pinngitsaalivaannga",
        "una anonym-iva, kinaanera nalunngilisiuk",
    ),
}
TOPICS = ("utter_rights_discrimination", None, "utter_forced_marriage", "utter_ask_anonymity")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """As everywhere, but this visitor types faster than people do."""
    return replace(settings, message_rate=1000)


async def danish_left(site: Site, visitor: Visitor) -> list[str]:
    """Danish sentences on the page where the translation should stand (outside what is marked as Danish)."""
    shown: list[str] = await visitor.page.evaluate(
        """() => {
            const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
            while (walk.nextNode()) {
                const node = walk.currentNode, text = node.textContent.trim();
                if (text && !node.parentElement.closest("[lang=da], script, template, style, noscript")) found.push(text);
            }
            return found;
        }"""
    )
    translated = {
        message.id
        for message in catalogs.template()
        if message.id
        and message.context not in ("offer name", "district")
        and bidi.plain(site.talk.catalogs.translate(visitor.language, message.context, message.id)) != message.id
    }
    return [text for text in shown if text in translated]


async def bubbles(visitor: Visitor) -> list[tuple[str, str]]:
    """(lang, dir) of everything the bot has said."""
    found: list[list[str]] = await visitor.bot.locator(".text").evaluate_all("all => all.map(p => [p.lang, p.dir])")
    return [(lang, direction) for lang, direction in found]


async def picture(visitor: Visitor, settings: Settings, name: str) -> None:
    """Keep what is on screen, for translators and for whoever looks after the tests."""
    folder = Settings.read().home / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    await visitor.page.screenshot(path=Path(folder) / f"{visitor.language}-{name}.png")


@each_language
@pytest.mark.timeout(120)
async def test_who_reads_only_this_language_reaches_five_answers(
    site: Site, visit: Visits, settings: Settings, language: str
) -> None:
    visitor = await visit(site, language=language, viewport=PHONE)
    html = visitor.page.locator("html")
    await expect(html).to_have_attribute("lang", language)
    await expect(html).to_have_attribute("dir", languages.direction(language))
    assert await danish_left(site, visitor) == []
    await picture(visitor, settings, "start")

    await visitor.presses(words(site, language, "Gæld og husleje"))
    await visitor.presses(title(site, language, "Jeg mangler at betale husleje"))
    await visitor.presses(title(site, language, "Ja, jeg har fået et påkrav"))
    await visitor.writes("1.11.2026")
    responses = [message["response"] for message in await said(site, visitor)]
    assert responses[-1] in ("utter_debt_rent_deadline", "utter_debt_rent_passed", "utter_debt_rent_last_day")
    await picture(visitor, settings, "deadline")

    for text, wanted in zip(WRITTEN[language], TOPICS):
        await visitor.writes(text)
        responses = [message["response"] for message in await said(site, visitor)]
        if wanted and "utter_did_you_mean" in responses:
            # What somebody does who is asked back: the right topic is among the buttons.
            name = knowledge.topics()[wanted.removeprefix("utter_")].name_da
            await visitor.presses(site.talk.catalogs.translate(language, "topic", name))
            responses = [message["response"] for message in await said(site, visitor)]
        if wanted:
            assert wanted in responses, (text, responses)
        else:
            assert "utter_offers_found" in responses or await visitor.page.locator("#messages .card").count(), (text, responses)
    assert set(await bubbles(visitor)) == {(language, languages.direction(language))}
    assert await danish_left(site, visitor) == []
    await picture(visitor, settings, "talk")
    anonymity = reply(site, language, "utter_ask_anonymity")
    await expect(visitor.bot.last.locator(".text")).to_have_text(anonymity)


async def said(site: Site, visitor: Visitor) -> list[dict[str, str]]:
    """What the bot said since the visitor's last message."""
    kept = await visitor.conversation()
    _, messages = await site.talk.history(kept["id"], kept["secret"])
    last = max(i for i, message in enumerate(messages) if message["from"] == "citizen")
    return messages[last + 1 :]
