"""Pictures of what a test saw: with SCREENSHOTS=<folder> they are kept there, for people to look at and for the documents."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.async_api import Page


async def keep(page: Page, name: str, *, whole: bool = False) -> None:
    """A picture of the window, or of the whole page."""
    if folder := os.environ.get("SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=Path(folder, f"{name}.png"), full_page=whole)
