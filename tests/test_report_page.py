"""The report page in a real browser, as a user works with it. Skipped where there is none."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Run

from mirpre.annotation.records import READS, Arms, Span
from mirpre.formats.entries import Criterion, Entry
from mirpre.records import Locus
from mirpre.report.build import Wishes, build
from mirpre.report.collect import Collector
from mirpre.report.page import Page, write_page

CHROMIUM = next(
    (
        path
        for name in ("chromium", "chromium-browser", "google-chrome")
        if (path := shutil.which(name))
    ),
    None,
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
EVIL = "</script><script>window.broken = 1</script><img src=x onerror=window.broken=1>"
LET7 = "UGGGAUGAGGUAGUAGGUUGUAUAGUUUUAGGGUCACACCCACCACUGGGAGAUAACUAUACAAUCUACUGUCUUUCCUA"
FOLD = "(((((.(((((((((((((((((((((.....(((...((((....)))).)))))))))))))))))))))))))))))"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens a page without network; whatever it complains of fails the test."""
    context = browser.new_context(offline=True, viewport={"width": 1440, "height": 900})
    complaints: list[str] = []

    def open_page(file: Path, fragment: str = "") -> Any:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: _note_request(request.url, complaints))
        page.goto(file.as_uri() + fragment)
        return page

    yield open_page
    context.close()
    assert complaints == []


def _note_request(url: str, complaints: list[str]) -> None:
    if not url.startswith(("file:", "blob:", "data:")):
        complaints.append(f"asks for {url}")


@pytest.fixture
def report(run: Run, data: Path, tmp_path: Path) -> Path:
    """Of the calls of the hairpins that come with the program."""
    run(
        *("classify", data / "hairpins.fa", "--model", "cnn"),
        *("--report", tmp_path / "r.html", "-o", tmp_path / "c.tsv"),
    )
    return tmp_path / "r.html"


def names(page: Any) -> list[str]:
    found: list[str] = page.locator("#table tbody td.name").all_inner_texts()
    return found


def shows(page: Any, rows: int) -> None:
    """Waits until the table has so many rows."""
    from playwright.sync_api import expect

    expect(page.locator("#table tbody tr")).to_have_count(rows)


def has(page: Any, place: str, text: str) -> None:
    """Waits until an element has the text."""
    from playwright.sync_api import expect

    expect(page.locator(place)).to_contain_text(text)


def made(tmp_path: Path, entries: list[Entry], **wishes: Any) -> Path:
    collector = Collector(20_000)
    for entry in entries:
        collector.add(entry)
    with (tmp_path / "made.html").open("w") as out:
        write_page(out, build(collector, Wishes(title="made", **wishes), threshold=0.5))
    return tmp_path / "made.html"


def many(number: int) -> list[Entry]:
    """Hairpins of random stems."""
    draw = random.Random(7)
    entries = []
    for k in range(number):
        stem = "".join(draw.choice("ACGU") for _ in range(draw.randint(25, 40)))
        sequence = stem + "GAAA" + stem[::-1].translate(str.maketrans("ACGU", "UGCA"))
        structure = "(" * len(stem) + "...." + ")" * len(stem)
        probability = round(draw.random(), 6)
        start = draw.randrange(5_000_000)
        locus = Locus(f"chr{draw.randint(1, 20)}", start, start + len(sequence), draw.choice("+-"))
        entries.append(
            Entry(
                f"hairpin{k}::{locus}",
                len(sequence),
                locus,
                sequence,
                structure,
                round(-len(stem) * draw.uniform(0.8, 1.5), 2),
                probability,
                probability >= 0.5,
            )
        )
    return entries


def test_loci_are_sorted_by_each_column(visit: Callable[..., Any], report: Path) -> None:
    page = visit(report)
    first = names(page)
    assert len(first) == 13
    assert first[0] == "mmu-mir-155"  # the most probable
    page.click("th[data-key=len] button")
    assert names(page)[0] == "URS000000D517_9606"
    assert page.get_attribute("th[data-key=len]", "aria-sort") == "descending"
    page.click("th[data-key=len] button")
    assert names(page)[0] == "mmu-mir-155"
    page.click("th[data-key=mfe] button")  # the lowest energy is the best
    assert names(page)[0] == "URS000000D517_9606"
    page.click("th[data-key=id] button")
    assert names(page) == sorted(first, key=str.lower)


def test_loci_are_filtered_and_searched(visit: Callable[..., Any], report: Path) -> None:
    page = visit(report)
    page.select_option("#filter-call", "other")
    assert len(names(page)) == 3
    assert "3 of 13 loci" in page.inner_text("#status")
    page.select_option("#filter-call", "")
    page.fill("#least", "0.9")
    assert len(names(page)) == 8
    page.fill("#least", "")
    page.fill("#search", "caenorhabditis let")
    shows(page, 1)
    assert names(page) == ["cel-let-7"]
    page.fill("#search", "TGAGGTAGTAGGTTG")  # DNA finds RNA
    shows(page, 2)
    page.fill("#search", "no such thing")
    shows(page, 0)
    assert page.is_disabled("[data-download=csv]")


def test_a_locus_is_opened_and_drawn_in_each_colouring(
    visit: Callable[..., Any], report: Path
) -> None:
    page = visit(report)
    page.click("td.name:text('hsa-let-7a-1')")
    assert page.inner_text("#detail h3") == "hsa-let-7a-1"
    assert page.locator("#detail svg .base").count() == 80
    assert LET7 in page.inner_text("#detail .strand")
    assert FOLD in page.inner_text("#detail .strand")
    assert "-34.20 kcal/mol" in page.inner_text("#detail .facts")
    drawn = {}
    for mode in ("importance", "pairing", "bases"):
        page.check(f"input[value={mode}]")
        drawn[mode] = page.locator("#detail svg .base circle").evaluate_all(
            "all => all.map(one => one.getAttribute('fill')).join()"
        )
    assert len(set(drawn.values())) == 3
    # Pairs of a stem stand opposite of each other, a step apart.
    spots = page.locator("#detail svg .base circle").evaluate_all(
        "all => all.map(one => [+one.getAttribute('cx'), +one.getAttribute('cy')])"
    )
    assert spots[0][0] == pytest.approx(spots[79][0], abs=3)
    assert spots[0][1] < spots[79][1]


def test_keys_go_through_the_loci(visit: Callable[..., Any], report: Path) -> None:
    page = visit(report)
    page.focus("#table tbody tr[tabindex='0']")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    opened = page.inner_text("#detail h3")
    assert opened == names(page)[2]
    page.keyboard.press("Space")
    assert "1 selected" in page.inner_text("#scope")
    page.keyboard.press("End")
    assert page.inner_text("#detail h3") == names(page)[-1]
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    page.keyboard.type("mir-21")
    shows(page, 1)


def test_a_selection_is_downloaded(
    visit: Callable[..., Any], run: Run, data: Path, tmp_path: Path
) -> None:
    run(
        *("classify", "--bed", data / "regions.bed", "--genome", data / "genome.fa"),
        *("-o", tmp_path / "c.tsv", "--structure", "--report", tmp_path / "r.html"),
    )
    calls = (tmp_path / "c.tsv").read_text()
    page = visit(tmp_path / "r.html")
    rows = page.locator("#table tbody tr")
    for k in (0, 2):
        rows.nth(k).locator("input").check()
    chosen = [names(page)[k] for k in (0, 2)]
    found = {}
    for kind in ("csv", "bed", "fasta"):
        with page.expect_download() as download:
            page.click(f"[data-download={kind}]")
        found[kind] = Path(download.value.path()).read_bytes().decode()
    kept = (data / "expected" / "regions.bed").read_text().splitlines()
    assert set(found["bed"].splitlines()) == {
        line for line in kept if line.split("\t")[3] in chosen
    }
    assert found["fasta"].count(">") == 2
    assert found["csv"].count("\r\n") == 3
    assert found["csv"].startswith("id,contig,start,end,strand,length,mfe,probability,call,")
    page.evaluate("navigator.clipboard.writeText = async text => { window.copied = text; }")
    page.click("text=Copy dot-bracket")
    has(page, ".tools", "Copied")
    assert page.evaluate("window.copied") in {line.split("\t")[-1] for line in calls.splitlines()}


def test_names_with_markup_stay_text(visit: Callable[..., Any], run: Run, tmp_path: Path) -> None:
    (tmp_path / "evil.fa").write_text(f">{EVIL} {EVIL}\n{LET7}\n>=HYPERLINK(1) b\n{LET7}\n")
    run("classify", tmp_path / "evil.fa", "-o", tmp_path / "c.tsv", "--report", tmp_path / "r.html")
    page = visit(tmp_path / "r.html")
    assert page.evaluate("window.broken") is None
    assert page.locator("img").count() == 0
    assert EVIL.split(maxsplit=1)[0] in names(page)
    with page.expect_download() as download:
        page.click("[data-download=csv]")
    assert "'=HYPERLINK(1)," in Path(download.value.path()).read_text()


def test_what_annotation_adds_is_shown(visit: Callable[..., Any], tmp_path: Path) -> None:
    from dataclasses import replace

    plain = Entry("one", 80, None, LET7, FOLD, -34.2, 0.9, True)
    rich = replace(
        plain,
        header="two",
        tier="supported by reads",
        family="let-7",
        known="hsa-let-7a",
        arms=Arms(Span(5, 27, READS, 0.93), Span(56, 78, READS)),
        reads=tuple(40 if 5 <= k < 27 else 3 if 56 <= k < 78 else 0 for k in range(80)),
        evidence=(Criterion("5' ends agree", True, "96 %"), Criterion("overhang", False, "0 nt")),
    )
    page = visit(made(tmp_path, [rich, plain]))
    page.click("td:text('hsa-let-7a')")
    assert page.locator("#detail svg .arm").count() == 2
    assert page.locator("#detail .evidence .failed").inner_text() == "overhang: 0 nt (failed)"
    heights = "all => all.map(one => +one.getAttribute('height'))"
    bars = page.locator("#detail .reads rect.depth")
    assert bars.count() == 80
    linear = bars.evaluate_all(heights)
    assert linear[60] == pytest.approx(linear[10] * 3 / 40, rel=0.01)
    page.check("#detail .reads input")
    logarithmic = bars.evaluate_all(heights)
    assert logarithmic[10] == linear[10]
    assert logarithmic[60] > 2 * linear[60]
    assert page.inner_text("#detail .strand .five") == LET7[5:27]
    assert "93 % sure" in page.inner_text("#detail .legend")
    page.check("input[value=reads]")
    assert "40 reads" in page.inner_text("#detail .legend")
    assert "let-7" in page.inner_text(".charts")


def test_reads_and_families_of_a_run_are_shown(
    visit: Callable[..., Any], run: Run, data: Path, tmp_path: Path
) -> None:
    done = run(
        *("annotate", "expected/scan.tsv", "--genome", "genome.fa", "--reads", "reads.bam"),
        *("--clade", "Metazoa", "-o", tmp_path / "a.gff3", "--report", tmp_path / "a.html"),
        cwd=data,
    )
    assert done.returncode == 0
    page = visit(tmp_path / "a.html")
    assert page.locator(".missing").count() == 16
    assert "1 of 17 families expected in Metazoa found" in page.inner_text(".charts")
    assert page.locator("#detail .reads .starts").count() > 1
    page.check("input[value=reads]")
    fills = page.locator("#detail svg .base circle").evaluate_all(
        "all => new Set(all.map(one => one.getAttribute('fill'))).size"
    )
    assert fills > 1
    page.click("summary")
    assert "Let-7" in page.inner_text("#detail details")


def test_links_lead_to_genome_browsers(visit: Callable[..., Any], tmp_path: Path) -> None:
    page = visit(made(tmp_path, many(30), assembly="hg38"), "#locus-27")
    assert page.locator("#table tbody tr[aria-selected=true]").get_attribute("data-row") == "26"
    href = page.get_attribute("text=UCSC", "href")
    assert href.startswith("https://genome.ucsc.edu/cgi-bin/hgTracks?db=hg38&position=chr")


def test_dark_and_print(visit: Callable[..., Any], report: Path) -> None:
    page = visit(report)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.click("#theme")
    assert page.evaluate(ground) != light
    page.emulate_media(media="print")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    assert not page.is_visible(".controls")
    assert page.is_visible("#detail svg")
    page.emulate_media(media="screen")
    for row in (1, 3):
        page.locator("#table tbody input").nth(row).check()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#cards svg").count() == 2
    assert not page.is_visible("#detail")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#cards article").count() == 0
    assert page.is_visible("#detail")


def everything(number: int) -> Page:
    """A page of so many loci, each with all that a locus may have."""
    from dataclasses import replace

    from mirpre.report.page import Drawn

    draw = random.Random(3)
    collector = Collector(number)
    for entry in many(number):
        collector.add(entry)
    page = build(collector, Wishes(title="all"), threshold=0.5)
    arms = Arms(Span(3, 25, READS, 0.9), Span(32, 54, READS, 0.8))
    entries = [
        replace(
            entry,
            arms=arms,
            reads=tuple(draw.randint(0, 9999) for _ in range(entry.length or 0)),
            evidence=(Criterion("reads", True, "supports; 5p 1000, 3p 200"),),
            more={f"column {k}": "some text" for k in range(12)},
        )
        for entry in page.entries
    ]
    drawn = {
        k: Drawn(
            pairing=[draw.random() for _ in entry.reads],
            importance=[draw.gauss(0, 1) for _ in entry.reads],
            starts=entry.reads,
            opposite=entry.reads,
        )
        for k, entry in enumerate(entries)
    }
    return replace(page, entries=entries, drawn=drawn)


def test_a_thousand_loci_with_everything_are_less_than_5_mb(
    visit: Callable[..., Any], tmp_path: Path
) -> None:
    file = tmp_path / "all.html"
    with file.open("w") as out:
        write_page(out, everything(1_000))
    assert file.stat().st_size < 5e6
    page = visit(file)
    page.wait_for_selector("#detail svg .base")
    assert page.locator("#detail .modes input").count() == 5


@pytest.mark.parametrize(("number", "seconds", "most"), [(1_000, 2.0, 5e6), (20_000, 10.0, 2e7)])
def test_many_loci_stay_quick(
    visit: Callable[..., Any], tmp_path: Path, number: int, seconds: float, most: float
) -> None:
    file = made(tmp_path, many(number))
    assert file.stat().st_size < most
    ready = []
    for _ in range(10):  # the best of some, on a machine that does other things, too
        page = visit(file)
        page.wait_for_selector("#detail svg .base")
        ready.append(page.evaluate("performance.getEntriesByName('ready')[0].startTime"))
        if ready[-1] < 1000 * seconds:
            break
    assert min(ready) < 1000 * seconds
    spent = page.evaluate(
        "() => { const t = performance.now(); "
        "document.querySelector('th[data-key=mfe] button').click(); return performance.now() - t; }"
    )
    assert spent < 1000
    page.fill("#search", "hairpin77")
    has(page, "#status", " of ")
    note = "The best 1,000 loci have drawings." in page.inner_text(".notes")
    assert note == (number > 1_000)


def test_an_empty_page_says_so(visit: Callable[..., Any], tmp_path: Path) -> None:
    with (tmp_path / "empty.html").open("w") as out:
        write_page(out, Page("empty", [], Collector(1).totals))
    page = visit(tmp_path / "empty.html")
    assert page.inner_text(".tile") == "0\nloci"
    assert not page.is_visible("#loci")
