"""An editor writes, submits for moderation, publishes and corrects; the public page shows it with what changed."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from tests.newsroom import Newsroom

HEADLINE = "Lantern chain halts for an hour"
WRONG = "Blocks stopped at noon and came back at one."
RIGHT = "Blocks stopped at noon and came back at two."


def sign_in(page: Page, newsroom: Newsroom) -> None:
    page.goto("/desk/")
    page.get_by_label("Username").fill("editor")
    page.get_by_label("Password").fill(newsroom.editor_password())
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{newsroom.origin}/desk/")


def write_paragraph(page: Page, text: str) -> None:
    editor = page.locator(".public-DraftEditor-content").first
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.type(text)
    expect(page.locator("[name=body-0-value]")).to_have_value(re.compile(re.escape(text)))


def choose(page: Page, name: str) -> None:
    page.get_by_role("button", name="More actions").click()
    with page.expect_navigation(url=re.compile(r"/desk/pages/4/$")):
        page.get_by_role("button", name=name, exact=True).click()


def test_a_story_goes_from_draft_through_moderation_to_readers_and_is_corrected(page: Page, newsroom: Newsroom) -> None:
    sign_in(page, newsroom)

    page.goto("/desk/pages/add/stories/storypage/4/")
    page.locator("#id_title").fill(HEADLINE)
    page.locator("#id_standfirst").fill("A validator bug stopped blocks; no coins were lost.")
    page.get_by_role("button", name="Choose a page (Author)").first.click()
    page.locator(".modal").get_by_role("link", name="Ines Carvalho").first.click()
    page.get_by_role("button", name="Insert a block").first.click()
    page.get_by_role("option", name=re.compile("Paragraph")).first.click()
    write_paragraph(page, WRONG)
    # The draft saves itself; a form sent while that is under way would ask for the same address twice.
    expect(page).to_have_url(re.compile(r"/desk/pages/\d+/edit/$"))
    choose(page, "Submit to Editors approve")

    page.goto("/desk/")
    with page.expect_navigation():
        page.get_by_role("link", name=HEADLINE).first.click()
    story_id = re.findall(r"/pages/(\d+)/", page.url)[0]
    choose(page, "Approve")
    address = f"/technology/{HEADLINE.lower().replace(' ', '-')}/"
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_have_text(HEADLINE)
    expect(page.locator("main")).to_contain_text(WRONG)

    page.goto(f"/desk/stories/{story_id}/correct/")
    write_paragraph(page, RIGHT)
    page.locator("[name=correction]").fill("The chain came back at two, not at one.")
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("correct", re.IGNORECASE)).last.click()

    page.context.clear_cookies()
    page.goto(address)
    expect(page.locator("main")).to_contain_text(RIGHT)
    expect(page.locator("main")).to_contain_text("The chain came back at two, not at one.")
    page.goto(f"/stories/{story_id}/versions/1..2/")
    expect(page.locator("main ins").filter(has_text="two").first).to_be_visible()
    expect(page.locator("main del").filter(has_text="one").first).to_be_visible()
