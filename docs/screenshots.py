"""Takes the pictures in docs/images from a running demo newsroom: `make screenshots`."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from tests.newsroom import Newsroom, lift_a_price, running_newsroom

FOLDER = Path(__file__).resolve().parent / "images"
LARGEST_BYTES = 300_000
COLOURS = (256, 192, 128, 96, 64)


@dataclass(frozen=True, slots=True)
class Picture:
    """One screenshot: which page, how wide, in which colours, and what of it."""

    name: str
    address: str
    width: int = 1280
    height: int = 900
    colours: str = "light"
    part: str = ""
    is_desk: bool = False


def pictures(newsroom: Newsroom) -> list[Picture]:
    """What the documentation shows."""
    lead = newsroom.lead_story_url()
    return [
        Picture("story", lead),
        Picture("story-dark", lead, colours="dark"),
        Picture("story-phone", lead, width=390, height=844),
        Picture("verdict", lead, part="#trust"),
        Picture("under-review", newsroom.story_url(label="under_review"), part="#trust"),
        Picture("front-page", "/", height=1100),
        Picture("front-page-dark", "/", height=1100, colours="dark"),
        Picture("front-page-phone", "/", width=390, height=844),
        Picture("readers-assay", "/", part=".assay-office"),
        Picture("trust-dashboard", "/trust/", height=1100),
        Picture("trust-scale", "/trust/method/", part=".examples"),
        Picture("prices", "/markets/", height=1000),
        Picture("price-chart", "/markets/btc/", height=1000),
        Picture("sign-in", "/account/login/", height=760),
        Picture("desk-alarms", "/desk/alarms/", height=620, is_desk=True),
        Picture("desk-alarm", "/desk/alarms/1/", height=900, is_desk=True),
        Picture("lead-or-follow", "/desk/reports/lead-or-follow/?scale=day", height=1180, is_desk=True),
    ]


def take(browser: Browser, newsroom: Newsroom, picture: Picture) -> bytes:
    """The screenshot as a small PNG."""
    page = browser.new_page(
        base_url=newsroom.origin,
        viewport={"width": picture.width, "height": picture.height},
        color_scheme=picture.colours,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    if picture.is_desk:
        sign_in(page, newsroom)
    page.goto(picture.address)
    settle(page, is_desk=picture.is_desk)
    shot = page.locator(picture.part).screenshot() if picture.part else page.screenshot()
    page.close()
    return shrink(shot)


def sign_in(page: Page, newsroom: Newsroom) -> None:
    """Come to the desk as its editor."""
    page.goto("/desk/")
    page.get_by_label("Username").fill("editor")
    page.get_by_label("Password").fill(newsroom.editor_password())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/desk/")


def settle(page: Page, *, is_desk: bool) -> None:
    """Wait until scripts run and every picture in sight is there."""
    page.locator(".sidebar" if is_desk else "[data-theme-switch]").first.wait_for(state="visible")
    page.evaluate("Promise.all([...document.images].filter(i => i.loading !== 'lazy').map(i => i.decode()))")
    page.wait_for_timeout(500)


def shrink(shot: bytes) -> bytes:
    """The PNG as it is, or with as many colours as fit below the limit."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    small = packed(picture)
    for colours in COLOURS:
        if len(small) < LARGEST_BYTES:
            break
        small = packed(picture.quantize(colours, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE))
    return small


def packed(picture: Image.Image) -> bytes:
    """The picture as PNG bytes."""
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def main() -> None:
    """Start a newsroom, or use NEWSROOM_DATA_DIR, and write every picture; names on the command line choose some."""
    FOLDER.mkdir(exist_ok=True)
    chosen = set(sys.argv[1:])
    data_dir = Path(os.environ.get("NEWSROOM_DATA_DIR") or tempfile.mkdtemp(prefix="touchstone-screenshots-"))
    with running_newsroom(data_dir) as newsroom, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        lift_a_price(newsroom)
        for picture in pictures(newsroom):
            if chosen and picture.name not in chosen:
                continue
            small = take(browser, newsroom, picture)
            (FOLDER / f"{picture.name}.png").write_bytes(small)
            sys.stderr.write(f"{picture.name}.png  {len(small):,} bytes\n")
        browser.close()


if __name__ == "__main__":
    main()
