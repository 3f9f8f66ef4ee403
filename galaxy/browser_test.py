"""Walk through Galaxy's web page as a user: log in, upload, run classify and report, look.

usage: browser_test.py URL FASTA EXPECTED.tsv FOLDER    (with $GALAXY_EMAIL and $GALAXY_PASSWORD)

Runs headless Chromium with Galaxy's own page objects, compares the table that the page shows with
the first columns of EXPECTED.tsv, runs report on that table, opens the page within Galaxy's own and
counts its rows, and leaves screenshots in FOLDER.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from galaxy.selenium.driver_factory import ConfiguredDriver
from galaxy.selenium.navigates_galaxy import NavigatesGalaxy, galaxy_timeout_handler

PATIENCE = 4.0
"""Factor to Galaxy's own waiting times, for slow machines."""

ROWS = """
return Array.from(document.querySelectorAll('.dataset-view tr'),
                  row => Array.from(row.querySelectorAll('td, th'), cell => cell.innerText));
"""
"""The cells of the table in the middle of the page."""


REPORT_ROWS = "return document.querySelectorAll('#table tbody tr').length;"
"""How many loci the report's table shows, within its frame."""


class Browser(NavigatesGalaxy):
    def __init__(self, url: str, folder: Path) -> None:
        self.target_url = url
        self.folder = folder
        # Named, so that Selenium does not look for one in the network.
        os.environ.setdefault("SE_CHROMEDRIVER", shutil.which("chromedriver") or "")
        self.configured_driver = ConfiguredDriver(
            galaxy_timeout_handler(PATIENCE), browser="CHROME", headless=True
        )
        # Wide enough for the table between Galaxy's other columns.
        self.driver.set_window_size(1750, 1000)

    @property
    def _driver_impl(self):
        return self.configured_driver.driver_impl

    def build_url(self, url: str = "", for_selenium: bool = True) -> str:
        return f"{self.target_url}/{url.lstrip('/')}"

    @property
    def default_timeout(self) -> int:
        return 15

    def screenshot(self, label: str) -> None:
        self.driver.save_screenshot(str(self.folder / f"{label}.png"))


def classify(browser: Browser, fasta: Path) -> list[list[str]]:
    """The rows that the web page shows of the result, as text."""
    browser.get("login/start")
    browser.fill_login_and_submit(os.environ["GALAXY_EMAIL"], os.environ["GALAXY_PASSWORD"])
    browser.wait_for_logged_in()
    browser.home()
    browser.history_panel_create_new()
    # Galaxy finds the datatype out, as for a user who leaves its field alone.
    browser.perform_upload(str(fasta.resolve()))
    browser.history_panel_wait_for_hid_ok(1, allowed_force_refreshes=3)
    browser.get("?tool_id=mirpre_classify&version=latest")
    # The form takes the history's last fitting dataset.
    field = browser.components.tool_form.parameter_data_select(parameter="source|input")
    chosen = field.wait_for_visible().text
    assert fasta.name in chosen, f"the form takes {chosen!r}"
    browser.screenshot("form")
    browser.tool_form_execute()
    browser.history_panel_wait_for_hid_ok(2, allowed_force_refreshes=3)
    browser.display_dataset(2)
    browser.wait_for_selector_visible(".dataset-view td")
    browser.sleep_for(browser.wait_types.UX_RENDER)
    browser.screenshot("result")
    rows: list[list[str]] = browser.driver.execute_script(ROWS)
    return rows


def report(browser: Browser) -> int:
    """The number of loci in the report's page, as Galaxy shows it."""
    browser.get("?tool_id=mirpre_report&version=latest")
    browser.components.tool_form.parameter_data_select(parameter="calls").wait_for_visible()
    browser.tool_form_execute()
    browser.history_panel_wait_for_hid_ok(3, allowed_force_refreshes=3)
    browser.display_dataset(3)
    for _ in range(60):
        browser.sleep_for(browser.wait_types.UX_RENDER)
        browser.driver.switch_to.default_content()
        for frame in browser.driver.find_elements("css selector", "iframe"):
            browser.driver.switch_to.frame(frame)
            rows: int = browser.driver.execute_script(REPORT_ROWS)
            browser.driver.switch_to.default_content()
            if rows:
                browser.screenshot("report")
                return rows
    return 0


def compare(shown: list[list[str]], expected: Path) -> int:
    """The number of records; AssertionError names the first line that differs."""
    lines = [line.split("\t") for line in expected.read_text().splitlines()]
    table = [row for row in shown if row and not row[0].startswith("#")]
    for row, line in zip(table, lines, strict=False):
        assert row == line[: len(row)], f"the page shows {row}, not {line}"
    assert len(table) == len(lines), f"the page shows {len(table)} lines, not {len(lines)}"
    assert table[0][:5] == ["id", "length", "mfe", "probability", "call"]
    return len(table) - 1


def main() -> int:
    url, fasta, expected, folder = sys.argv[1], *map(Path, sys.argv[2:])
    browser = Browser(url, folder)
    try:
        rows = classify(browser, fasta)
        loci = report(browser)
    finally:
        browser.screenshot("last")
        browser.driver.quit()
    records = compare(rows, expected)
    assert loci == records, f"the report's page shows {loci} loci, not {records}"
    print(f"{records} rows as in {expected}, {loci} loci in the report")
    return 0


if __name__ == "__main__":
    sys.exit(main())
