"""The documents' commands are ones that there are, and those that a clone has data for run."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import click
import pysam
import pytest
from test_docs import DOCUMENTS, ROOT, name

from mirpre.cli import COMMANDS, cli

TOO_MUCH = (
    "pip install",  # .ci/package and .ci/run do
    "pytest",
    "update_expected.py",
    "galaxy/test.sh",
    "bioconda/",
    "git tag",
    "sbatch",  # tests/test_workflow.py and workflow/test_slurm.sh run jobs
    "qsub",
    "mkdocs build",  # tests/test_site.py does
    "bench.speed",  # minutes, and on a quiet machine
    "range(5, 11)",  # a minute
)
"""Words of blocks that are not run here."""

DATA_ELSEWHERE = ("mature.fa", "liver.cram")
"""Names of published data in blocks of guides; below docs/evidence and in bench most name some."""

ELSEWHERE = {"docs/api.md": "test_api.py", "docs/tutorial.md": "test_tutorial.py"}
"""Pages whose blocks go together, and the tests that run them."""

_BLOCK = re.compile(r"^ *```(sh|python)\n(.*?)^ *```$", re.M | re.S)
_INLINE = re.compile(r"`(mirpre [a-z-]+(?: [^`]*)?)`")
_DATA = re.compile(
    r"\b[\w.{},-]+\.(?:fa|tsv|csv|bed|bam|cram|npz|arf|fold|txt|jsonl)\b|\b[A-Z]{4,}\b"
)


class Block(NamedTuple):
    file: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{name(self.file)}:{self.line}"


@cache
def blocks() -> list[Block]:
    found = []
    for file in DOCUMENTS:
        text = file.read_text(encoding="utf-8")
        for match in _BLOCK.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(Block(file, line, match[1], match[2]))
    return found


def commands(text: str) -> Iterator[list[str]]:
    """The simple commands of a shell text, as words; redirections are left out."""
    line = ""
    for part in text.replace("\\\n", " ").splitlines():
        line += part + "\n"
        words = shlex.shlex(line, posix=True, punctuation_chars=True)
        words.whitespace_split = True
        try:
            found = list(words)
        except ValueError:  # a quotation that goes on
            continue
        line = ""
        command: list[str] = []
        left_out = False
        for word in found:
            if left_out:
                left_out = False
            elif word in ("|", "||", "&&", ";", "(", ")"):
                yield command
                command = []
            elif set(word) <= {">", "<", "&"}:
                left_out = True
            else:
                command.append(word)
        yield command
    assert not line, "a quotation without an end"


def of_mirpre(text: str) -> list[list[str]]:
    """The words after ``mirpre`` of each command that runs it, also where another one starts it."""
    found = []
    for words in commands(text):
        for word in words:  # such as what sbatch wraps
            if re.match(r"\s*mirpre\s", word):
                found += of_mirpre(word)
        for number, word in enumerate(words[:-1]):
            is_program = re.fullmatch(r"(.*/)?mirpre", word)
            if is_program and (number == 0 or words[number + 1] in COMMANDS):
                found.append(words[number + 1 :])
                break
    return found


def check(words: list[str], values: bool) -> None:
    """Raise click.UsageError for what the command does not take; files need not be there."""
    if words[0].startswith("-"):
        command: Any = cli
    else:
        with click.Context(cli) as context:
            command = cli.get_command(context, words.pop(0))
        assert command is not None, "no such command"
    if {"-h", "--help"} & set(words):
        return
    with click.Context(command, info_name=command.name) as context:
        try:
            given, _, order = command.make_parser(context).parse_args(list(words))
        except click.BadOptionUsage:
            if values:
                raise
            return  # a sentence names the option alone
        for param in {param.name: param for param in order if values}.values():
            value = given[param.name]
            for one in value if isinstance(value, list) else [value]:
                convert(param.type, one, param, context)


def convert(kind: Any, value: Any, param: click.Parameter, context: click.Context) -> None:
    if isinstance(kind, click.Tuple):
        for inner, one in zip(kind.types, value, strict=True):
            convert(inner, one, param, context)
    elif isinstance(kind, (click.Choice, click.IntRange, click.FloatRange)):
        kind.convert(value, param, context)


@pytest.mark.parametrize("file", DOCUMENTS, ids=name)
def test_every_command_is_one_that_there_is(file: Path) -> None:
    for block in blocks():
        if block.file == file and block.language == "sh":
            for words in of_mirpre(block.text):
                check(words, values=True)
    for text in _INLINE.findall(file.read_text(encoding="utf-8")):
        for words in of_mirpre(text.replace("\\|", "|")):
            check(words, values=False)  # such as --least LEAST


@pytest.mark.parametrize(
    "text",
    [
        "mirpre clasify a.fa",
        "zcat a.fa | mirpre classify --modle cnn",
        "mirpre classify a.fa \\\n    --format gtf",
        "mirpre classify a.fa && mirpre scan-genome a.fa --prior many > calls.tsv",
        "mirpre scan-genome a.fa --also gff calls.gff3",
        "mirpre classify a.fa --threshold",
        "for i in 1 2; do mirpre classify a.fa --modle cnn; done",
        "sbatch --array=1-4 --wrap \\\n    'mirpre classify a.fa \\\n --modle cnn'",
        "docker run --rm mirpre classify a.fa --modle cnn",
    ],
)
def test_a_command_that_there_is_not_is_seen(text: str) -> None:
    words = of_mirpre(text)[-1]
    with pytest.raises((click.UsageError, AssertionError)):
        check(words, values=True)


def test_many_commands_are_looked_at() -> None:
    texts = [block.text for block in blocks() if block.language == "sh"]
    seen = {words[0] for text in texts for words in of_mirpre(text)}
    assert set(COMMANDS) <= seen


@cache
def sources(module: str) -> str:
    """The text of a module of bench, and of those of bench that it imports."""
    seen: dict[str, str] = {}
    waiting = [module]
    while waiting:
        one = waiting.pop()
        path = ROOT.joinpath(*one.split(".")).with_suffix(".py")
        if one in seen or not path.exists():
            continue
        seen[one] = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(seen[one])):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("bench"):
                waiting += [f"{node.module}.{alias.name}" for alias in node.names]
                waiting.append(str(node.module))
    return "".join(seen.values())


@pytest.mark.parametrize("file", DOCUMENTS, ids=name)
def test_every_script_of_bench_has_the_options(file: Path) -> None:
    for block in blocks():
        if block.file != file or block.language != "sh":
            continue
        for words in commands(block.text):
            if words[:2] != ["python", "-m"] or not words[2].startswith("bench."):
                continue
            text = sources(words[2])
            assert text, f"{block}: no {words[2]}"
            options = [word[2:].partition("=")[0] for word in words if re.match("--[a-z]", word)]
            missing = [o for o in options if not re.search(f'"(--)?{o}"', text) and o != "help"]
            assert missing == [], f"{block}: {words[2]}"


def is_run(block: Block) -> bool:
    document = name(block.file)
    if document in ELSEWHERE:
        return False
    if any(words in block.text for words in TOO_MUCH):
        return False
    if document.startswith(("docs/evidence", "bench")):
        return not set(_DATA.findall(block.text.replace("test-data/", ""))) - set(files())
    return not any(data in block.text for data in DATA_ELSEWHERE)


@cache
def files() -> dict[str, str]:
    """What the guides' examples find in the user's folder, by files of test-data."""
    return {
        **{file: file for file in ("hairpins.fa", "genome.fa", "genome.fa.gz", "regions.bed")},
        "virus.fa": "genome.fa",
        "new.fa": "hairpins.fa",
        **{f"{name}.bam{end}": f"reads.bam{end}" for name in ("a", "aln") for end in ("", ".bai")},
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a reader may have it: a clone's test-data, and files of their own."""
    made = tmp_path_factory.mktemp("reader")
    for file in files():
        shutil.copy(ROOT / "test-data" / files()[file], made / file)
    # A region of the examples is 5 Mb of a chromosome; --regions asks for bgzip.
    large = made / "large.fa"
    large.write_text((made / "genome.fa").read_text() + ">chr7\n" + "N" * 5_000_000 + "\n")
    pysam.tabix_compress(str(large), str(made / "genome.fa.gz"), force=True)
    records = (ROOT / "test-data" / "hairpins.fa").read_text().split(">")[1:]
    for file, some in (("precursors.fa", records[:9]), ("others.fa", records[9:])):
        (made / file).write_text("".join(f">{record}" for record in some))
    shutil.copy(made / "precursors.fa", made / "mine.fa")
    shutil.copy(made / "others.fa", made / "other.fa")
    shutil.copytree(ROOT / "test-data", made / "test-data")
    (made / "bench").symlink_to(ROOT / "bench")
    tools = made / "bin"
    tools.mkdir()
    # ViennaRNA's library as its program; only the library is asked for to be installed.
    fold = tools / "RNAfold"
    fold.write_text(
        f"#!{sys.executable}\nimport sys, RNA\n"
        "for record in sys.stdin.read().split('>')[1:]:\n"
        "    header, *lines = record.split('\\n')\n"
        "    sequence = ''.join(lines).upper().replace('T', 'U')\n"
        "    structure, mfe = RNA.fold(sequence)\n"
        "    print(f'>{header}\\n{sequence}\\n{structure} ({mfe:6.2f})')\n"
    )
    fold.chmod(0o755)
    start = "mirpre classify hairpins.fa --format jsonl --structure > calls.jsonl\n"
    start += "mirpre scan-genome genome.fa --classify > calls.tsv\n"
    run_block(made, ["bash", "-euo", "pipefail", "-c", start])
    return made


def run_block(folder: Path, command: list[str]) -> None:
    path = os.pathsep.join(
        [str(folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]]
    )
    environment = os.environ | {"PATH": path, "MIRPRE_SOURCE": str(ROOT)}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]


RUN = [block for block in blocks() if is_run(block)]


@pytest.mark.parametrize("block", RUN, ids=str)
def test_a_block_runs(block: Block, folder: Path) -> None:
    needs = {
        "tensorflow": r"mirpre train\b",
        "sklearn": r"mirpre (split|evaluate)\b",
        "matplotlib": r"\.png\b|--roc",
    }
    for library, words in needs.items():
        if re.search(words, block.text) and importlib.util.find_spec(library) is None:
            pytest.skip(f"needs {library}")
    if block.language == "python":
        run_block(folder, [sys.executable, "-c", block.text])
    else:
        # Half a minute of training shows no more than two epochs.
        text = block.text.replace("mirpre train ", "mirpre train --epochs 2 ")
        run_block(folder, ["bash", "-euo", "pipefail", "-c", text])


def test_few_blocks_of_guides_are_not_run() -> None:
    left_out = [block for block in blocks() if not is_run(block)]
    for words in TOO_MUCH:
        assert any(words in block.text for block in left_out), f"{words!r} is in no block"
    for data in DATA_ELSEWHERE:
        assert any(data in block.text for block in left_out), f"{data!r} is in no block"
    guides = [block for block in left_out if name(block.file).startswith("docs/")]
    guides = [block for block in guides if "evidence" not in name(block.file)]
    assert len([block for block in guides if name(block.file) not in ELSEWHERE]) <= 11
    for page, test in ELSEWHERE.items():
        assert Path(page).name in (ROOT / "tests" / test).read_text(encoding="utf-8")
    assert len(RUN) >= 18
