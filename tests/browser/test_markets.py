"""Readers sort the board, read charts and walk the market pages, by pointer, keyboard and screen reader."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.browser.watching import violations, watch
from tests.newsroom import Newsroom

pytestmark = pytest.mark.sqlite

PLACES = [
    "/markets/",
    "/markets/?sort=-day",
    "/markets/btc/",
    "/markets/nvda/?days=365",
    "/markets/baskets/large-coins/",
]


def symbols(page: Page) -> list[str]:
    return page.locator("table[data-sorting] tbody tr").evaluate_all("rows => rows.map(row => row.dataset.symbol)")


def shown_number(text: str) -> float:
    return float(re.sub(r"[^\d.-]", "", text.replace("\u2212", "-")) or "-inf")


def column(page: Page, place: int) -> list[float]:
    cells = page.locator(f"table[data-sorting] tbody tr > :nth-child({place})").all_inner_texts()
    return [shown_number(cell) for cell in cells]


def sorted_columns(page: Page) -> list[tuple[str, str]]:
    return page.locator("table[data-sorting] [aria-sort]").evaluate_all(
        "cells => cells.map(cell => [cell.innerText.trim(), cell.getAttribute('aria-sort')])"
    )


def heading(page: Page, name: str) -> object:
    return page.locator("table[data-sorting]").get_by_role("link", name=name, exact=True)


def open_board(page: Page, address: str = "/markets/") -> None:
    """The board, once its script is at work."""
    with page.expect_response(re.compile("sort.js")):
        page.goto(address)
    page.evaluate("window.stayed = true")


def test_the_board_sorts_in_place_and_its_address_says_how(page: Page, newsroom: Newsroom) -> None:
    seen = watch(page, newsroom.origin)
    open_board(page)
    by_symbol = symbols(page)
    assert by_symbol == sorted(by_symbol)
    for name, place, sort in (("Price", 2, "price"), ("24 hours", 3, "day"), ("7 days", 4, "week")):
        for order, prefix in (("ascending", ""), ("descending", "-")):
            heading(page, name).click()
            expect(page).to_have_url(f"{newsroom.origin}/markets/?sort={prefix}{sort}")
            figures = column(page, place)
            assert figures == sorted(figures, reverse=order == "descending")
            assert [order_shown for _, order_shown in sorted_columns(page)] == [order]
            expect(page.locator("[data-sort-state]")).to_have_text(f"Sorted by {name}, {order}.")
    assert sorted(symbols(page)) == by_symbol
    assert page.evaluate("window.stayed") is True
    assert seen.troubles == []


def test_scripts_and_server_agree_on_the_order(page: Page, scriptless: Page) -> None:
    open_board(page)
    heading(page, "7 days").click()
    heading(page, "7 days").click()
    with page.expect_navigation():
        page.reload()
    assert sorted_columns(page)[0][1] == "descending"
    scriptless.goto("/markets/?sort=-week")
    figures = column(scriptless, 4)
    assert figures == sorted(figures, reverse=True)
    assert heading(scriptless, "7 days").get_attribute("href") == "?sort=week"


def test_without_scripts_the_headings_are_links(scriptless: Page, newsroom: Newsroom) -> None:
    scriptless.goto("/markets/")
    heading(scriptless, "Price").click()
    expect(scriptless).to_have_url(f"{newsroom.origin}/markets/?sort=price")
    heading(scriptless, "Price").click()
    expect(scriptless).to_have_url(f"{newsroom.origin}/markets/?sort=-price")
    figures = column(scriptless, 2)
    assert figures == sorted(figures, reverse=True)


def test_the_keyboard_sorts_keeps_its_place_and_the_back_button_undoes_it(page: Page, newsroom: Newsroom) -> None:
    open_board(page)
    before = symbols(page)
    heading(page, "Price").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{newsroom.origin}/markets/?sort=price")
    assert page.evaluate("document.activeElement.textContent") == "Price"
    assert symbols(page) != before
    page.go_back()
    expect(page).to_have_url(f"{newsroom.origin}/markets/")
    assert symbols(page) == before
    assert page.evaluate("window.stayed") is True


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_any_market_page(browser: Browser, newsroom: Newsroom, width: int, scheme: str) -> None:
    page = browser.new_page(
        base_url=newsroom.origin,
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
    )
    found = {}
    for place in [*PLACES, newsroom.lead_story_url()]:
        page.goto(place)
        found[place] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
    assert {place: each for place, each in found.items() if each} == {}


def test_on_a_phone_every_figure_of_the_board_is_in_sight(browser: Browser, newsroom: Newsroom) -> None:
    page = browser.new_page(base_url=newsroom.origin, viewport={"width": 390, "height": 900})
    page.goto("/markets/")
    for view in page.locator(".table-view").all():
        assert view.evaluate("view => view.scrollWidth <= view.clientWidth")
    page.close()


def test_a_chart_is_there_as_a_table_too(scriptless: Page) -> None:
    scriptless.goto("/markets/btc/")
    scriptless.get_by_text("The same as a table").click()
    table = scriptless.locator(".plot .numbers table")
    expect(table).to_be_visible()
    assert table.locator("tbody tr").count() >= 10


def test_numbers_of_stories_on_a_chart_never_cover_each_other(browser: Browser, newsroom: Newsroom) -> None:
    page = browser.new_page(base_url=newsroom.origin, viewport={"width": 390, "height": 900})
    page.goto("/markets/btc/?days=30")
    boxes = page.locator(".plot-dot").evaluate_all("dots => dots.map(dot => dot.getBoundingClientRect().toJSON())")
    assert boxes
    ordered = sorted(boxes, key=lambda box: box["left"])
    assert all(one["right"] <= other["left"] + 1 for one, other in pairwise(ordered))
    page.close()
