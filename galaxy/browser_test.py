"""Walk through Galaxy's web page as a user: log in, upload, run classify from its form, look.

usage: browser_test.py URL FASTA FOLDER      (with $GALAXY_EMAIL and $GALAXY_PASSWORD)

Runs headless Chromium with Galaxy's own page objects and leaves screenshots in FOLDER.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from galaxy.selenium.driver_factory import ConfiguredDriver
from galaxy.selenium.navigates_galaxy import NavigatesGalaxy, galaxy_timeout_handler

PATIENCE = 6.0
"""Factor to Galaxy's own waiting times, for slow machines."""


class Browser(NavigatesGalaxy):
    def __init__(self, url: str, folder: Path) -> None:
        self.target_url = url
        self.folder = folder
        self.configured_driver = ConfiguredDriver(
            galaxy_timeout_handler(PATIENCE), browser="CHROME", headless=True
        )
        self.driver.set_window_size(1400, 900)

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


def walk(browser: Browser, fasta: Path) -> None:
    browser.get("login/start")
    browser.fill_login_and_submit(os.environ["GALAXY_EMAIL"], os.environ["GALAXY_PASSWORD"])
    browser.wait_for_logged_in()
    browser.home()
    browser.perform_upload(str(fasta.resolve()), ext="fasta")
    browser.history_panel_wait_for_hid_ok(1, allowed_force_refreshes=3)
    browser.get("?tool_id=mirpre_classify&version=latest")
    # The form takes the upload by itself, as soon as the page has loaded the history.
    browser.history_panel_wait_for_hid_ok(1, allowed_force_refreshes=3)
    browser.components.tool_form.parameter_data_select(parameter="source|input").wait_for_visible()
    browser.screenshot("form")
    browser.tool_form_execute()
    browser.history_panel_wait_for_hid_ok(2, allowed_force_refreshes=3)
    browser.display_dataset(2)
    browser.sleep_for(browser.wait_types.UX_RENDER)
    browser.screenshot("result")
    shown = browser.driver.find_element("tag name", "body").text
    for frame in browser.driver.find_elements("tag name", "iframe"):
        browser.driver.switch_to.frame(frame)
        shown += browser.driver.find_element("tag name", "body").text
        browser.driver.switch_to.default_content()
    for expected in ("hsa-let-7a-1", "pre-miRNA", "probability"):
        assert expected in shown, f"the result shows no {expected!r}"


def main() -> int:
    url, fasta, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    browser = Browser(url, folder)
    try:
        walk(browser, fasta)
    finally:
        browser.screenshot("last")
        browser.driver.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
