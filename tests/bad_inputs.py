"""Inputs and options that cannot be used: what each is, the command, and the files it reads.

``python tests/bad_inputs.py`` runs them and writes the table of docs/evidence/robustness.md, which
test_bad_inputs.py holds them to.
"""

from __future__ import annotations

import gzip
import io
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from Bio.bgzf import BgzfWriter

from mirpre.formats.shards import ShardHead, ShardWriter

ROOT = Path(__file__).parent.parent
DATA = ROOT / "test-data"
DOCUMENT = ROOT / "docs" / "evidence" / "robustness.md"
START, END = "<!-- cases -->\n", "<!-- end of cases -->\n"
LONGEST_SHOWN = 150
BIG = "9" * 5000
GOOD = ">a\nGGGAAAUCCC\n"
FOLDED = ">a\nGGGAAAUCCC\n(((....))) (-1.20)\n"
DIMERS = "a\t-1.20\tG( A. A. A. C)\n"


class Case(NamedTuple):
    what: str
    command: str
    files: dict[str, bytes] = {}  # noqa: RUF012
    varies: bool = False
    """Whether the line tells what other libraries say, which changes with their versions."""


def _bgzip(content: bytes) -> bytes:
    with tempfile.NamedTemporaryFile() as file:
        writer = BgzfWriter(file.name)
        writer.write(content)
        writer.close()
        return Path(file.name).read_bytes()


def _hairpins() -> Iterator[Case]:
    """What the commands that read hairpins get for x."""
    genome = (DATA / "hairpins.fa").read_bytes()
    contents: dict[str, bytes | str] = {
        "a gap in the sequence": ">a\nAC-GU\n",
        "dots in the sequence": ">a\nAC.GU\n",
        "a letter that is no nucleotide": ">a\nACGU\n>b x\nACGE\n",
        "an X, which ViennaRNA would pair": ">a\nACXGU\n",
        "protein": ">p\nMKVLAAGIVGLC\n",
        "a digit": ">a\nACG1\n",
        "a German sharp s": ">a\nACGß\n",
        "a no-break space": ">a\nACG\xa0U\n",
        "a full-width letter": ">a\nAC\uff27U\n",
        "a byte that is not UTF-8": b">a\nAC\xffU\n",
        "a NUL within a sequence": ">a\nAC\0U\n",
        "a star at the end": ">a\nACGU*\n",
        "a record without sequence": ">a\nACGU\n>b\n",
        "two headers in a row": ">a\n>b\nACGU\n",
        "sequence without a header": "ACGUACGU\n",
        "a word": "hello\n",
        "HTML of an error page": "<html>\n<body>404</body>\n</html>\n",
        "FASTQ": "@r\nACGU\n+\nIIII\n",
        "GFF3": "##gff-version 3\nchr1\tx\tgene\t1\t9\t.\t+\t.\tID=a\n",
        "a sequence of 10,001 nt": ">a\n" + "A" * 10_001 + "\n",
        "a ZIP archive": b"PK\x03\x04\0\0\0\0\n",
        "an ELF program": b"\x7fELF\x02\x01\x01\0\n",
        "gzip that was cut": gzip.compress(genome)[:-9],
        "gzip with a wrong byte": _flipped(gzip.compress(genome), 300),
        "gzip that is only a header": b"\x1f\x8b",
        "bgzip without its end": _bgzip(genome)[:-28],
        "gzip within gzip": gzip.compress(gzip.compress(b">a\nACGU\n", mtime=0), mtime=0),
        "UTF-16": GOOD.encode("utf-16"),
    }
    for what, content in contents.items():
        raw = content.encode() if isinstance(content, str) else content
        yield Case(what, "fold x", {"x": raw}, "wrong byte" in what)
    folded = {
        "a structure that is too short": ">a\nGGGAAAUCCC\n(((...))) (-1.20)\n",
        "a structure that leaves pairs open": ">a\nGGGAAAUCCC\n(((.....)) (-1.20)\n",
        "a structure that closes too much": ">a\nGGGAAAUCCC\n)((....))) (-1.20)\n",
        "a folded record without structure": FOLDED + ">b\nGGGAAAUCCC\n",
        "a folded record with two structures": FOLDED + "(((....))) [ -1.50]\n",
        "a folded record without header": "GGGAAAUCCC\n(((....))) (-1.20)\n",
        "an energy of 5,000 digits": FOLDED + f">b\nGAC\n(.) (-{BIG})\n",
        "an energy that is nan": FOLDED + ">b\nGAC\n(.) (nan)\n",
        "a folded record with a gap": FOLDED + ">b\nG-C\n(.)\n",
        "a folded record of 10,001 nt": FOLDED + f">b\n{'A' * 10_001}\n{'.' * 10_001}\n",
    }
    for what, text in folded.items():
        for command in ("encode x", "classify x"):
            yield Case(what, command, {"x": text.encode()})
    dimers = {
        "dimers that are cut": DIMERS + "b\t-1.20\tG( A. C",
        "an energy that is a word": DIMERS + "b\tlow\tG( A. C)\n",
        "dimers without tabs": DIMERS + "b -1.20 G( A. C)\n",
        "dimers of three letters": DIMERS + "b\t-1.20\tG(A A. C)\n",
        "dimers that leave pairs open": DIMERS + "b\tNA\tG( A. C.\n",
        "a dimer with no nucleotide": DIMERS + "b\tNA\tE. A. C.\n",
        "a dimer energy of 5,000 digits": DIMERS + f"b\t{BIG}\tG( A. C)\n",
    }
    for what, text in dimers.items():
        yield Case(what, "classify x", {"x": text.encode()})
    yield Case("folded text where FASTA belongs", "fold x", {"x": FOLDED.encode()})
    yield Case("dimers where FASTA belongs", "encode x", {"x": DIMERS.encode()})
    for command in (
        "split --positive x --negative h.fa",
        "split --positive h.fa --negative x",
        "evaluate --positive x --negative h.fa",
        "evaluate --positive x",
        "train --positive x --negative h.fa -o new",
    ):
        yield Case("a gap in the sequence", command, {"x": b">a\nAC-GU\n"})
        yield Case("an empty file where records must be", command, {"x": b""})


def _flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :]


def _regions() -> Iterator[Case]:
    bed = {
        "BED with two columns": "chrA\t10\n",
        "BED with words for numbers": "chrA\tx\ty\n",
        "BED of 5,000 digits": f"chrA\t{BIG}\t9\n",
        "BED with digits of another script": "chrA\t\u0661\t\u0669\n",
        "BED with a negative start": "chrA\t-1\t30\n",
        "BED with decimals": "chrA\t1.0\t30.0\n",
        "BED whose start is its end": "chrA\t30\t30\n",
        "BED whose end is before its start": "chrA\t40\t30\n",
        "BED beyond the contig": "chrA\t600\t700\n",
        "BED of another genome": "chr1\t10\t30\n",
        "BED of a contig that begins with track": "track1\t10\t30\n",
        "BED of a contig that begins with browser": "browser9\t10\t30\n",
        "BED with a strand that is none": "chrA\t10\t30\tx\t0\tplus\n",
        "BED after a line of blanks": "\n  \nchrA\t10\tx\n",
        "a BED that is a genome": ">chrA\nACGT\n",
        "a BED that is binary": "\0\0\0\0\n",
    }
    for what, text in bed.items():
        for command in ("classify --bed x --genome g.fa", "scan-genome g.fa --bed x"):
            yield Case(what, command, {"x": text.encode()})
    yield Case(
        "a region of more than 10,000 nt",
        "fold --bed x --genome y",
        {"x": b"a\t0\t10001\n", "y": b">a\n" + b"A" * 10_001 + b"\n"},
    )
    genomes: dict[str, bytes] = {
        "a genome with two contigs of one name": b">a\nACGT\n>a x\nACGG\n",
        "an empty genome": b"",
        "a genome without header": b"ACGT\n",
        "a genome with uneven lines": b">a\nACGT\nAC\nACGT\n",
        "a genome with old-Mac line ends": b">a\rACGT\rACGT\r",
        "a genome in gzip": gzip.compress(b">a\nACGT\n", mtime=0),
        "a genome in bgzip without its end": _bgzip(b">a\nACGT\n")[:-28],
        "a genome that is cut bgzip": _bgzip(b">a\nACGT\n" * 99)[:40],
        "contig names that are not UTF-8": b">\xff\nACGT\n",
        "a genome that is binary": b"\0\1\2\3",
    }
    for what, content in genomes.items():
        yield Case(what, "fold --bed x --genome y", {"x": b"a\t0\t4\n", "y": content})
    yield Case(
        "a gap in a region", "fold --bed x --genome y", {"x": b"a\t0\t4\n", "y": b">a\nA-GT\n"}
    )
    for region in (
        *("chr9", "chrA:600-700", "chrA:0-10", "chrA:20-10", f"chrA:{BIG}", "chrA:1-" + BIG),
        *(f"chr9:{BIG}-{BIG}(+)", "chrA:10-10(+)", "", ":", "chrA:x-y", "chrA:\u0661-\u0669"),
    ):
        shown = region.replace(BIG, "(5,000 digits)") or "(nothing)"
        yield Case(f"the region {shown}", f"scan-genome g.fa --regions '{region}'")


def _genomes() -> Iterator[Case]:
    contents: dict[str, bytes] = {
        "a genome with two contigs of one name": b">a\nACGT\n>b\nACGT\n>a x\nACGG\n",
        "a genome without header": b"ACGT\n",
        "a header without a name": b">\nACGT\n",
        "a header of blanks": b">  \nACGT\n",
        "a > within a line": b">a\nACGT>b\nACGT\n",
        "a gap in a genome": b">a\nACGT--ACGT\n",
        "a letter that is no nucleotide in a genome": b">a\nACGT\n>b\nACGTZ\n",
        "protein for a genome": b">p\nMKVLAAGIVGLCAKAY\n",
        "a NUL in a genome": b">a\nAC\0GT\n",
        "a letter of another script": ">a\nACßGT\n".encode(),
        "FASTQ for a genome": b"@r\nACGT\n+\nIIII\n",
        "BED for a genome": b"chr1\t1\t2\n",
        "a GenBank file": b"LOCUS       NC_000001\nORIGIN\n        1 acgt\n//\n",
        "a ZIP archive for a genome": b"PK\x03\x04\0\0\0\0",
        "a genome in cut gzip": gzip.compress(b">a\n" + b"ACGT" * 99, mtime=0)[:-9],
        "a genome in bgzip without its end": _bgzip(b">a\n" + b"ACGT" * 99)[:-28],
    }
    for what, content in contents.items():
        yield Case(what, "scan-genome x", {"x": content})


def _tables() -> Iterator[Case]:
    calls = {
        "calls without the column id": "name\tprobability\na\t0.5\n",
        "calls without column names": "a\t0.5\n",
        "calls separated by commas": "id,probability\na,0.5\n",
        "an empty table of calls": "",
        "calls with an ID twice": "id\tprobability\na\t0.5\na\t0.6\n",
        "a probability of nan": "id\tprobability\na\tnan\n",
        "a probability of 1.5": "id\tprobability\na\t1.5\n",
        "a probability of -0.1": "id\tprobability\na\t-0.1\n",
        "a probability of 1_0": "id\tprobability\na\t0_1\n",
        "a probability of 5,000 digits": f"id\tprobability\na\t{BIG}\n",
        "an empty probability": "id\tprobability\na\t\n",
        "a row that is too short": "id\tprobability\na\n",
        "a row that is too long": "id\tprobability\na\t0.5\t1\n",
        "calls without one that is labelled": "id\tprobability\nb\t0.5\n",
        "calls that lack the ID #a": "id\tprobability\na\t0.5\n# a\n",
    }
    label = b"id\tlabel\na\tpositive\n"
    for what, text in calls.items():
        labels = label + b"#a\tnegative\n" if "#a" in what else label
        yield Case(what, "evaluate --calls x --labels y", {"x": text.encode(), "y": labels})
    labelled = {
        "labels that are 1 and 0": "id\tlabel\na\t1\n",
        "labels with an ID twice": "id\tlabel\na\tpositive\na\tnegative\n",
        "no labels": "id\tlabel\n",
        "labels without the column label": "id\tclass\na\tpositive\n",
    }
    for what, text in labelled.items():
        files = {"x": b"id\tprobability\na\t0.5\n", "y": text.encode()}
        yield Case(what, "evaluate --calls x --labels y", files)
    head = "label\tnumber\tid\tgroup\t"
    splits = {
        "a split without sets or folds": "label\tnumber\tid\npositive\t1\ta\n",
        "a split with an unknown set": head + "set\npositive\t1\ta\t1\tother\n",
        "a split with fold 0": head + "fold\npositive\t1\ta\t1\t0\n",
        "a split with a fold of 5,000 digits": head + f"fold\npositive\t1\ta\t1\t{BIG}\n",
        "a split with negatives first": head
        + "set\nnegative\t1\ta\t1\ttest\npositive\t1\ta\t1\ttest\n",
        "a split that counts wrongly": head + "set\npositive\t2\ta\t1\ttest\n",
        "a split of other records": head + "set\npositive\t1\ta\t1\ttest\n",
        "an empty split": "",
    }
    for what, text in splits.items():
        for command in ("evaluate --positive h.fa --negative h.fa --split x",):
            more = " --fold 1" if "fold" in what and "sets" not in what else ""
            yield Case(what, command + more, {"x": text.encode()})
    families = {
        "families without the column": "id\tclan\na\tx\n",
        "two families of one ID": "id\tfamily\na\tx\na\ty\n",
    }
    for what, text in families.items():
        command = "split --positive h.fa --negative h.fa --group-by family --families x"
        yield Case(what, command, {"x": text.encode()})


def _cards() -> Iterator[Case]:
    model = DATA.parent / "mirpre" / "models" / "weights" / "cnn"
    card, onnx = (model / "card.json").read_text(), (model / "model.onnx").read_bytes()
    changes: dict[str, object] = {
        "a threshold of 5": {"threshold": 5},
        "a threshold that is text": {"threshold": "0.5"},
        "a threshold of 400 digits": {"threshold": 10**399},
        "a threshold that is true": {"threshold": True},
        "a name of two lines": {"name": "x\n# threshold: 0.1"},
        "a name that is a list": {"name": ["x"]},
        "an encoding that is unknown": {"encoding": "kmer-7"},
        "an encoding that is a list": {"encoding": ["x"]},
        "the encoding of another network": {"encoding": "dimer-partner"},
        "no hash": {"files": {}},
        "another hash": {"files": {"model.onnx": {"sha256": "0" * 64}}},
        "a genome section that is a number": {"genome": 3},
        "a calibration that falls": {
            "genome": {"per_mb": 1, "calibration": {"shift": 0, "bends": [], "slopes": [-1]}}
        },
    }
    for what, change in changes.items():
        text = json.dumps({**json.loads(card), **change})  # type: ignore[dict-item]
        yield Case(
            f"a card with {what}",
            "classify h.fa -m m",
            {"m/card.json": text.encode(), "m/model.onnx": onnx},
            "another network" in what,
        )
    texts = {
        "is empty": "",
        "is no JSON": "hello",
        "is a list": "[1]",
        "is 100,000 brackets deep": "[" * 100_000,
        "has a threshold of NaN": card.replace('"threshold": 0.5', '"threshold": NaN'),
        "is a number of 10,000 digits": "1" * 10_000,
    }
    for what, text in texts.items():
        files = {"m/card.json": text.encode(), "m/model.onnx": onnx}
        yield Case(f"a card that {what}", "classify h.fa -m m", files, True)
    yield Case("a model without weights", "classify h.fa -m m", {"m/card.json": card.encode()})
    files = {"m/card.json": card.encode(), "m/model.onnx": _flipped(onnx, 1000)}
    yield Case("weights with a wrong byte", "classify h.fa -m m", files)
    yield Case("a model that is not there", "classify h.fa -m nosuch")
    yield Case("a model that is not there", "evaluate --positive h.fa -m nosuch")
    yield Case("a model that is not there", "scan-genome g.fa --classify -m nosuch")
    yield Case(
        "a prior for a model without calibration", "scan-genome g.fa --classify -m cnn --prior 1"
    )


def _calls() -> Iterator[Case]:
    """What the commands that read calls get for x."""
    head = "id\tlength\tprobability\n"
    gff3 = "##gff-version 3\n"
    contents = {
        "hairpins": GOOD,
        "plain words": "some plain words\n",
        "a table without IDs": "name\tlength\na\t3\n",
        "a length in words": f"{head}chrA:0-9(+)\tnine\t0.5\n",
        "a probability of 2": f"{head}chrA:0-9(+)\t9\t2\n",
        "a probability of nan": f"{head}chrA:0-9(+)\t9\tnan\n",
        "a row too short": f"{head}chrA:0-9(+)\t9\n",
        "no probability": "id\tlength\nchrA:0-9(+)\t9\n",
        "a contig that the genome has not": f"{head}chrZ:0-9(+)\t9\t0.5\n",
        "a place beyond the end": f"{head}chrA:90000-90009(+)\t9\t0.5\n",
        "a structure with a pair open": "id\tstructure\tprobability\nchrA:0-3(+)\t((.\t0.5\n",
        "JSON that ends early": '{"id": "a", \n',
        "JSON 100,000 brackets deep": '{"id": ' + "[" * 100_000 + "\n",
        "JSON without a name": '{"sequence": "ACGU"}\n',
        "JSON without a sequence": '{"id": "a", "probability": 0.5}\n',
        "JSON with a letter that is no nucleotide": '{"id": "a", "sequence": "ACGX"}\n',
        "GFF3 of eight fields": f"{gff3}chrA\tmirpre\tpre_miRNA\t1\t9\t0.5\t+\t.\n",
        "GFF3 that ends before it begins": f"{gff3}chrA\tmirpre\tpre_miRNA\t9\t1\t1\t+\t.\tID=a\n",
        "GFF3 of genes": f"{gff3}chrA\tx\tgene\t1\t9\t.\t+\t.\tID=a\n",
        "BED without scores": "chrA\t0\t9\n",
        "BED that ends before it begins": "chrA\t9\t1\ta\t500\t+\n",
    }
    fine_for_report = {"hairpins", "no probability", "GFF3 of genes", "BED without scores"}
    fine_for_report |= {"a contig that the genome has not", "a place beyond the end"}
    fine_for_report.add("JSON without a sequence")
    for what, content in contents.items():
        varies = "deep" in what or "ends early" in what
        for command in ("annotate x --genome g.fa --known none", "report x -o page.html"):
            if command.startswith("annotate") or what not in fine_for_report:
                yield Case(f"calls: {what}", command, {"x": content.encode()}, varies)
    yield Case("calls: a record without a place", "tracks x", {"x": GOOD.encode()})
    yield Case("calls: a record without a structure", "draw x", {"x": b"id\tlength\na\t9\n"})


def _options() -> Iterator[Case]:
    both = "--positive h.fa --negative h.fa"
    for command in (
        *("fold h.fa -t -1", "fold h.fa -t two", f"fold h.fa -t {BIG}", "fold h.fa --folder x"),
        *(
            "fold h.fa -o",
            "fold h.fa -o no/x",
            "fold h.fa -o new/",
            "fold h.fa -o .",
            "fold h.fa -o ''",
        ),
        *("fold h.fa -o h.fa", "fold h.fa --json h.fa", "fold h.fa --skip-invalid h.fa"),
        *(
            "fold h.fa -o x --json x",
            "fold h.fa --json -",
            "classify h.fa --multiqc counts.json",
            "classify h.fa --multiqc no/x_mqc.json",
            "fold h.fa -o h.fa/x",
            "fold --bed r.bed",
        ),
        *(
            "fold --genome g.fa",
            "fold h.fa --bed r.bed --genome g.fa",
            "fold --bed no --genome g.fa",
        ),
        *(
            "encode h.fa --format csv",
            "classify h.fa --threshold nan",
            "classify h.fa --threshold 2",
        ),
        *(
            "classify h.fa --threshold -0.1",
            "classify h.fa --threshold inf",
            "classify h.fa --threshold x",
        ),
        *(
            "classify h.fa --batch-size 0",
            "classify h.fa --format bed",
            "classify h.fa --format gff3",
        ),
        *("classify h.fa --format bed --structure", "classify h.fa -o x --also fasta x"),
        *(
            "classify h.fa --also fasta",
            "classify h.fa --also xml x",
            "classify h.fa -o x --also bed y",
        ),
        *(
            "scan-genome",
            "scan-genome nosuch.fa",
            "scan-genome g.fa -o g.fa",
            "scan-genome g.fa --resume",
        ),
        *(
            "scan-genome g.fa --threshold 0.5",
            "scan-genome g.fa --q-values",
            "scan-genome g.fa --all",
        ),
        *("scan-genome g.fa --classify --prior nan", "scan-genome g.fa --classify --prior 0"),
        *("scan-genome g.fa --classify --prior inf", "scan-genome g.fa --format jsonl"),
        *("scan-genome g.fa --classify --format folded", "scan-genome g.fa -s nosuch"),
        *(
            "scan-genome g.fa --min-length 200 --max-length 100",
            "scan-genome g.fa --max-length 99999",
        ),
        *("scan-genome g.fa --classify --max-copies 0", "scan-genome - --regions chrA < g.fa"),
        *(
            "scan-genome g.fa --resume -o /dev/null",
            "scan-genome g.fa --classify --alternatives 99",
        ),
        *(f"split {both} --test-fraction nan", f"split {both} --validation-fraction nan"),
        *(f"split {both} --group-by sequence --identity nan", f"split {both} --test-fraction 1"),
        *(f"split {both} --folds 2", f"split {both} --folds 99", f"split {both} --group-by family"),
        *(f"split {both} --method published --group-by sequence", f"split {both} --seed -1"),
        *(
            "split --positive h.fa",
            f"split {both} -o h.fa",
            f"split {both} --validation-fraction 0",
        ),
        *("annotate x", "annotate h.fa --clade nowhere", "report h.fa --clade nowhere -o page"),
        *("report h.fa --reads h.fa -o page", "draw h.fa -o x.pdf", "draw h.fa --name nobody"),
        *("annotate h.fa --report h.fa", "scan-genome g.fa --report page"),
        *("evaluate", f"evaluate {both} --threshold nan", f"evaluate {both} --roc x.pdf"),
        *(
            f"evaluate {both} --json no/x",
            f"evaluate {both} --roc no/x.svg",
            f"evaluate {both} --set test",
        ),
        *(
            "evaluate --positive h.fa --roc x.svg",
            "evaluate --calls h.fa",
            f"evaluate {both} --json h.fa",
        ),
        *(
            f"train {both}",
            f"train {both} -o h.fa/x",
            f"train {both} -o new --validation-fraction nan",
        ),
        *(
            f"train {both} -o new --epochs 0",
            f"train {both} -o new --fold 1",
            f"train {both} -o full",
        ),
        *(f"train {both} -o new --test-records 99", f"train {both} -o new --model svm"),
    ):
        shown = command.replace(BIG, "(5,000 digits)")
        files = {"full/x": b"x"} if "full" in command else {}
        yield Case("options", command, files, "5,000" in shown)
    yield Case(
        "a file of another at OUT.resume", "scan-genome g.fa -o x --resume", {"x.resume": b"mine"}
    )
    yield Case(
        "a checkpoint that is empty",
        f"train {both} -o new --resume --epochs 1 -t 1",
        {"new.checkpoint.npz": b""},
    )


def _shard(number: int, of: int, **other: Any) -> bytes:
    """A shard without calls."""
    out = io.StringIO()
    run = {"letters": 100, "regions_sha256": "00", "head": ["mirpre 0.1.0", "threshold: 0.1"]}
    flags = {"q_values": False, "called_only": True, "structure": False, "max_copies": None}
    made = {"prior": 1.0, "preset": "default", "folder": "native", "viennarna": "2.8.0"}
    of_model = {"model": {"name": "genome"}, "search_networks": []}
    head = ShardHead(number, of, **{**run, **flags, **made, **of_model, **other})
    counts = {"letters": 50, "repeats": 0, "inverted_repeats": 0, "found": 0, "seconds": {}}
    ShardWriter(out, head).finish(counts)
    return out.getvalue().encode()


def _shards() -> Iterator[Case]:
    """What merge gets for x and y, and scan-genome for --shard."""
    one, two = _shard(1, 2), _shard(2, 2)
    contents = {
        "an empty file": b"",
        "a table of calls": b"# mirpre 0.1.0\nid\tlength\n",
        "a FASTA": GOOD.encode(),
        "a list in JSON": b"[1]\n",
        "deep JSON": b"[" * 100_000,
        "a shard of another version": one.replace(b'"mirpre_shard":1', b'"mirpre_shard":9'),
        "a shard without its last line": one[: one.rindex(b'{"lines"')],
        "a shard that was cut": one[:-30],
        "a shard with a changed number": one.replace(b'"repeats":0', b'"repeats":7'),
        "a shard whose head lacks a value": one.replace(b'"number":1,', b""),
        "a shard with a word for a number": one.replace(b'"number":1', b'"number":"1"'),
        "shard 3 of 2": one.replace(b'"number":1', b'"number":3'),
        "a line behind a shard": one + b"{}\n",
    }
    for what, content in contents.items():
        yield Case(what, "merge x y", {"x": content, "y": two})
    yield Case("one of two shards", "merge x", {"x": one})
    yield Case("the same shard twice", "merge x y", {"x": one, "y": one})
    other = _shard(2, 2, head=["mirpre 0.1.0", "threshold: 0.2"])
    yield Case("a shard with another threshold", "merge x y", {"x": one, "y": other})
    yield Case("a shard of three", "merge x y", {"x": one, "y": _shard(2, 3)})
    yield Case("a shard of another genome", "merge x y", {"x": one, "y": _shard(2, 2, letters=99)})
    yield Case(
        "a shard of another preset", "merge x y", {"x": one, "y": _shard(2, 2, preset="fast")}
    )
    structure = {"x": _shard(1, 1, structure=True)}
    yield Case("shards with structures to BED", "merge x --format bed", structure)
    yield Case("an output that is a shard", "merge x y -o y", {"x": one, "y": two})
    for command in (
        "merge",
        "merge - < h.fa",
        "merge nosuch.jsonl",
        "scan-genome g.fa --shard 1/2",
        "scan-genome - --classify --shard 1/2 < g.fa",
        "scan-genome g.fa --classify --shard 0/2",
        "scan-genome g.fa --classify --shard 3/2",
        "scan-genome g.fa --classify --shard 2",
        "scan-genome g.fa --classify --shard 1/2 --format bed",
        "scan-genome g.fa --annotate --shard 1/2",
    ):
        yield Case("options", command)


CASES = [*_hairpins(), *_regions(), *_genomes(), *_tables(), *_calls(), *_cards()]
CASES += [*_options(), *_shards()]


def prepare(folder: Path, case: Case) -> None:
    """The files of a case, and good ones: h.fa, g.fa and r.bed."""
    for name, new in (("hairpins.fa", "h.fa"), ("genome.fa", "g.fa"), ("regions.bed", "r.bed")):
        shutil.copy(DATA / name, folder / new)
    for name, content in case.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)


def last_line(errors: str) -> str:
    """What the user is told, as the table shows it."""
    line = errors.rstrip("\n").rsplit("\n", 1)[-1]
    line = line.removeprefix("mirpre: error: ")
    return line if len(line) <= LONGEST_SHOWN else line[:LONGEST_SHOWN] + "..."


def row(case: Case, status: int, line: str) -> str:
    """A row of the table."""
    command = case.command.replace(BIG, "9...9")
    cells = (case.what, f"`mirpre {command}`", str(status), f"`{line.replace('`', '')}`")
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"


def _main() -> None:
    rows = []
    for case in CASES:
        with tempfile.TemporaryDirectory() as name:
            prepare(Path(name), case)
            done = subprocess.run(
                ["bash", "-c", f"exec {sys.executable} -m mirpre {case.command}"],
                cwd=name,
                capture_output=True,
                text=True,
                errors="backslashreplace",
                check=False,
                stdin=subprocess.DEVNULL,
            )
        rows.append(row(case, done.returncode, last_line(done.stderr)))
    text = DOCUMENT.read_text() if DOCUMENT.exists() else START + END
    before, rest = text.split(START)
    head = f"{len(CASES)} cases:\n\n| what it is | command | exit | the line |\n|---|---|---|---|\n"
    DOCUMENT.write_text(before + START + head + "".join(rows) + END + rest.split(END)[1])


if __name__ == "__main__":
    _main()
