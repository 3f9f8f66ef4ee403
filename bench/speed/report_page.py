"""How soon report pages can be used: size, and times in headless Chromium.

usage: python -m bench.speed.report_page PAGE.html...

Needs playwright (pip install playwright) and an installed Chromium. Each page is opened five
times; told are the best times in ms until the page has drawn its first hairpin and takes input,
and for sorting, filtering and opening a locus.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

STEPS = {
    "sort": "document.querySelector('th[data-key=mfe] button').click()",
    "filter": "document.querySelector('#least').value = '0.9'; "
    "document.querySelector('#least').dispatchEvent(new Event('input'))",
    "open": "document.querySelector('tbody tr:nth-child(3)').click()",
}


def times(page: Any, file: Path) -> list[float]:
    """Milliseconds until it is ready, and of each step."""
    page.goto(file.resolve().as_uri())
    page.wait_for_selector("#detail h3")
    found = [page.evaluate("performance.getEntriesByName('ready')[0].startTime")]
    for action in STEPS.values():
        script = f"() => {{ const t = performance.now(); {action}; return performance.now() - t; }}"
        found.append(page.evaluate(script))
    return found


def main() -> None:
    from playwright.sync_api import sync_playwright

    print(f"| page | MB | loci | ready | {' | '.join(STEPS)} |")
    print("|---|---|---|---|---|---|---|")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for file in map(Path, sys.argv[1:]):
            page = browser.new_page()
            runs = [times(page, file) for _ in range(5)]
            data = page.evaluate("JSON.parse(document.querySelector('#data').textContent)")
            cells = [f"{min(run[k] for run in runs):.0f}" for k in range(len(STEPS) + 1)]
            size = file.stat().st_size / 1e6
            print(f"| {file.name} | {size:.1f} | {len(data['loci']):,} | {' | '.join(cells)} |")
        browser.close()


if __name__ == "__main__":
    main()
