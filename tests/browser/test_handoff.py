"""A citizen and advisers, each in a real browser: from the question to the goodbye."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import pyotp
import pytest
from playwright.async_api import Page, expect

from bot.advice import knowledge
from bot.advice.escalation import Patience
from bot.store import advisers, service_hours
from tests.browser.conftest import Visitor, Visits, reply
from tests.browser.pictures import keep
from tests.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.trained]
PASSWORD = "en hest spiser lange gulerødder"


@dataclass
class AtTheDesk:
    """An adviser with a browser of their own."""

    visitor: Visitor
    site: Site

    @property
    def page(self) -> Page:
        return self.visitor.page

    async def sees(self, name: str) -> None:
        """Keep a screenshot."""
        await keep(self.page, name, whole=True)

    async def takes_the_first(self) -> None:
        await self.page.get_by_role("button", name="Tag samtalen").first.click()
        await expect(self.page.get_by_role("heading", name="Kort fortalt")).to_be_visible()

    async def writes(self, text: str) -> None:
        await self.page.get_by_label(re.compile("Din besked")).fill(text)
        await self.page.get_by_role("button", name="Send", exact=True).click()
        await expect(self.page.locator(".said.adviser .text").last).to_have_text(text)


async def enrolled(
    site: Site, visit: Visits, login: str, name: str, *, role: str = "adviser", languages: str = "da en"
) -> AtTheDesk:
    """Somebody who enrols, signs in and says that she is there."""
    talk = site.talk
    async with talk.sessions.writing() as session:
        code = await advisers.invite(session, login=login, name=name, role=role, languages=languages.split(), now=talk.now())
        await service_hours.set_rule(session, "", "24/7")
    visitor = await visit(site, viewport={"width": 1100, "height": 800})
    page = visitor.page
    await page.goto(f"{site.console}/velkommen")
    await page.get_by_label("Brugernavn").fill(login)
    await page.get_by_label("Engangskode").fill(code)
    await page.get_by_label("Ny adgangskode").fill(PASSWORD)
    await page.get_by_label("Adgangskoden igen").fill(PASSWORD)
    await page.get_by_role("button", name="Videre").click()
    await page.locator("summary").click()
    await keep(page, "second-factor", whole=True)
    uri = await page.locator(".uri").inner_text()
    authenticator = pyotp.parse_uri(uri)
    recovery = await page.locator(".codes code").all_inner_texts()
    await page.get_by_label(re.compile("Skriv koden")).fill(authenticator.now())
    await page.get_by_role("button", name="Færdig").click()
    await keep(page, "sign-in")
    await page.get_by_label("Brugernavn").fill(login)
    await page.get_by_label("Adgangskode").fill(PASSWORD)
    # The code of this half minute is used up.
    await page.get_by_label("Kode fra din app").fill(recovery[0])
    await page.get_by_role("button", name="Log ind").click()
    await page.get_by_role("button", name="Jeg er her").click()
    await expect(page.locator("#line")).to_have_text("Forbundet")
    return AtTheDesk(visitor, site)


async def waits(site: Site, visit: Visits, language: str = "da") -> Page:
    """A citizen who asks for a human and says yes."""
    visitor = await visit(site, language=language)
    await visitor.writes({"da": "jeg vil gerne tale med et menneske", "ar": "أريد التحدث مع إنسان"}[language])
    page = visitor.page
    offer = page.locator("#messages .from-system .text").last
    await expect(offer).to_have_text(reply(site, language, "utter_handoff_offer"))
    yes = site.talk.catalogs.translate(language, "button", "Ja, forbind mig")
    await page.locator("form[data-choice] button", has_text=yes).last.click()
    await expect(page.locator("#messages .from-system .text").last).to_have_text(
        reply(site, language, "utter_handoff_queued", position=1)
    )
    return page


RENT = {"da": "jeg kan ikke betale min husleje", "ar": "لا أستطيع دفع الإيجار"}


@pytest.mark.parametrize("language", ["da", "ar"])
async def test_from_the_question_to_the_goodbye(site: Site, visit: Visits, language: str) -> None:
    """Ask, consent, queue, claim, both write, a card, a transfer, the end; from left to right and from right to left."""
    anna, bo = await enrolled(site, visit, "anna", "Anna"), await enrolled(site, visit, "bo", "Bo", languages="da en ar")
    citizen = await waits(site, visit, language)
    await expect(anna.page.locator("#waiting")).to_have_text("Venter (1)")
    await anna.sees("desk")
    await anna.takes_the_first()
    said = citizen.locator("#messages .from-system .text")
    await expect(said.last).to_have_text(reply(site, language, "utter_handoff_claimed", name="Anna"))
    await anna.writes("Hej, hvad kan jeg hjælpe med?")
    heard = citizen.locator("#messages .from-adviser .text")
    await expect(heard.last).to_have_text("Hej, hvad kan jeg hjælpe med?")
    before = await citizen.locator("#messages .from-bot").count()
    await citizen.locator("#text").fill(RENT[language])
    await citizen.locator("#write .send").click()
    await expect(anna.page.locator(".said.citizen .text").last).to_have_text(RENT[language])
    await expect(citizen.locator("#typing")).to_be_hidden()
    # S7: the bot is silent from the claim on.
    assert await citizen.locator("#messages .from-bot").count() == before
    await anna.page.get_by_label("Send et tilbud som kort").select_option(value="taenk-gaeldsraadgivning")
    await anna.page.get_by_role("button", name="Send", exact=True).click()
    await expect(citizen.locator("#messages .from-adviser .card").last).to_be_visible()
    await expect(citizen.locator("#messages .from-adviser .bubble").last).to_be_hidden()
    await anna.sees("conversation" if language == "da" else f"conversation-{language}")
    await keep(citizen, f"citizen-{language}")
    await anna.page.get_by_label(re.compile("Spørg en kollega")).select_option(label="Bo (læser da, en, ar)")
    await anna.page.get_by_role("button", name="Spørg", exact=True).click()
    await bo.page.get_by_role("link", name="Du er spurgt: åbn").click()
    await bo.sees("asked")
    await bo.page.get_by_role("button", name="Tag over").click()
    await expect(said.last).to_have_text(reply(site, language, "utter_handoff_transferred", name="Bo"))
    await bo.writes("Hej, jeg hedder Bo.")
    await expect(heard.last).to_have_text("Hej, jeg hedder Bo.")
    await bo.page.get_by_label("Hvordan endte det?").select_option("answered")
    await bo.page.get_by_role("button", name="Afslut samtalen").click()
    await expect(said.last).to_contain_text(reply(site, language, "utter_handoff_closed").split("\n")[0])
    await expect(bo.page.get_by_role("heading", name="Bordet")).to_be_visible()


async def test_an_approved_sentence_comes_in_her_language_with_the_danish_beside_it(site: Site, visit: Visits) -> None:
    anna = await enrolled(site, visit, "anna", "Anna")
    citizen = await waits(site, visit, "ar")
    await anna.takes_the_first()
    await anna.page.locator(".phrases summary").click()
    await anna.page.get_by_label("Søg på dansk").fill("godt at du skriver")
    await expect(anna.page.locator("#phrase option")).to_have_count(1)
    await anna.page.locator("#phrase").select_option("greeting_hello")
    await anna.page.get_by_role("button", name="Send sætningen", exact=True).click()
    heard = citizen.locator("#messages .from-adviser").last
    danish = knowledge.phrases()["greeting_hello"].da
    await expect(heard.locator(".text")).to_have_text(site.talk.catalogs.translate("ar", "phrase greeting_hello", danish))
    await expect(heard.locator(".text")).to_have_attribute("dir", "rtl")
    await expect(heard.locator(".danish")).to_have_text(danish)


async def test_a_warm_transfer_both_write_and_the_person_is_told(site: Site, visit: Visits) -> None:
    anna, bo = await enrolled(site, visit, "anna", "Anna"), await enrolled(site, visit, "bo", "Bo")
    citizen = await waits(site, visit)
    await anna.takes_the_first()
    await anna.page.get_by_label("Vi skriver sammen med personen først").check()
    await anna.page.get_by_role("button", name="Spørg", exact=True).click()
    await bo.page.get_by_role("link", name="Du er spurgt: åbn").click()
    await bo.page.get_by_role("button", name="Kom med i samtalen først").click()
    said = citizen.locator("#messages .from-system .text")
    await expect(said.last).to_have_text(reply(site, "da", "utter_handoff_joined", name="Bo"))
    await bo.writes("Hej fra Bo")
    await anna.writes("Hej fra Anna")
    await expect(citizen.locator("#messages .from-adviser .text")).to_have_text(["Hej fra Bo", "Hej fra Anna"])


async def test_a_colleague_is_called_and_comes(site: Site, visit: Visits) -> None:
    anna, bo = await enrolled(site, visit, "anna", "Anna"), await enrolled(site, visit, "bo", "Bo")
    await waits(site, visit)
    await anna.takes_the_first()
    await anna.page.get_by_role("button", name="Jeg har brug for en kollega").click()
    await expect(bo.page.locator("#alarm")).to_have_text("Anna har brug for en kollega. Se bordet.")
    await bo.sees("call")
    await bo.page.get_by_role("button", name="Jeg kommer").click()
    await expect(anna.page.locator("#alarm")).to_have_text("Bo kommer.")


async def test_what_is_half_written_stays_when_a_note_is_saved(site: Site, visit: Visits) -> None:
    anna = await enrolled(site, visit, "anna", "Anna")
    citizen = await waits(site, visit)
    await anna.takes_the_first()
    await anna.page.get_by_label(re.compile("Din besked")).fill("Jeg er ved at skr")
    await anna.page.get_by_label(re.compile("Bliver aldrig sendt")).fill("Har to børn")
    await anna.page.get_by_role("button", name="Gem noten").click()
    await expect(anna.page.locator(".said.note .text").last).to_have_text("Har to børn")
    await expect(anna.page.get_by_label(re.compile("Din besked"))).to_have_value("Jeg er ved at skr")
    assert "Har to børn" not in await citizen.locator("#messages").inner_text()


async def test_s9_who_is_too_late_is_told_who_has_it(site: Site, visit: Visits) -> None:
    anna, bo = await enrolled(site, visit, "anna", "Anna"), await enrolled(site, visit, "bo", "Bo")
    await waits(site, visit)
    bo.visitor.breaks_things = True  # the browser notes the 409
    button = bo.page.get_by_role("button", name="Tag samtalen")
    await expect(button).to_be_visible()
    await button.focus()
    await anna.takes_the_first()
    await button.click()
    await expect(bo.page.get_by_role("alert").filter(has_text="Anna har allerede taget samtalen.")).to_be_visible()


async def test_s4_quick_exit_in_the_middle_tells_the_adviser_and_sends_nothing_after(site: Site, visit: Visits) -> None:
    anna = await enrolled(site, visit, "anna", "Anna")
    citizen = await waits(site, visit)
    await anna.takes_the_first()
    await citizen.locator("#exit").click()
    await expect(anna.page.locator("#line")).to_have_text("Personen har forladt samtalen.")
    await expect(anna.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()


async def test_who_reloads_keeps_the_adviser_and_the_talk(site: Site, visit: Visits) -> None:
    anna = await enrolled(site, visit, "anna", "Anna")
    citizen = await waits(site, visit)
    await anna.takes_the_first()
    await citizen.reload()
    await anna.writes("Er du her stadig?")
    await expect(citizen.locator("#messages .from-adviser .text").last).to_have_text("Er du her stadig?")


async def test_a_closed_laptop_gives_the_person_back_to_the_queue(site: Site, visit: Visits) -> None:
    site.talk.desk.patience = Patience(silent_adviser=timedelta(seconds=2))
    anna, bo = await enrolled(site, visit, "anna", "Anna"), await enrolled(site, visit, "bo", "Bo")
    citizen = await waits(site, visit)
    await anna.takes_the_first()
    await anna.page.close()
    await expect(citizen.locator("#messages .from-system .text").last).to_have_text(reply(site, "da", "utter_handoff_broken"))
    await expect(bo.page.locator("#waiting")).to_have_text("Venter (1)")
    await bo.takes_the_first()


async def test_an_acute_message_while_with_an_adviser_gets_its_card_and_alarms(site: Site, visit: Visits) -> None:
    anna = await enrolled(site, visit, "anna", "Anna")
    citizen = await waits(site, visit)
    await anna.takes_the_first()
    await citizen.locator("#text").fill("han slår mig lige nu")
    await citizen.locator("#write .send").click()
    await expect(citizen.locator("#messages .acute .card").first).to_be_visible()
    await expect(anna.page.locator("#alarm")).to_have_text("Akut fare i denne samtale.")
    await expect(anna.page.get_by_role("heading", level=1)).to_have_text("Akut · dansk · Tal med et menneske")
    await expect(anna.page.locator("#checks + details summary")).to_have_text("Vold fra partner")
    await anna.sees("alarm")
