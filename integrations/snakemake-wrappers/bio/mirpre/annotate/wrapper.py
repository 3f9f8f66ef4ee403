"""Snakemake wrapper for mirpre annotate."""

__author__ = "The mirpre developers"
__copyright__ = "Copyright 2026, The mirpre developers"
__license__ = "MIT"

from snakemake.shell import shell

extra = snakemake.params.get("extra", "")
log = snakemake.log_fmt_shell(stdout=True, stderr=True)

source = ""
for name in ("genome", "known"):
    if snakemake.input.get(name):
        source += f" --{name} {snakemake.input[name]}"
reads = snakemake.input.get("reads") or []
for file in [reads] if isinstance(reads, str) else reads:
    source += f" --reads {file}"

# Outputs are named by their format: the first is the main one, the others ride along.
formats = [
    name
    for name in ("gff3", "tsv", "bed", "fasta", "mature_fasta", "jsonl")
    if snakemake.output.get(name)
]
if not formats:
    raise ValueError(
        "name an output by its format: gff3, tsv, bed, fasta, mature_fasta or jsonl"
    )
first, *others = formats
targets = f"--format {first.replace('_', '-')} --output {snakemake.output[first]}"
for name in others:
    targets += f" --also {name.replace('_', '-')} {snakemake.output[name]}"
for name, option in (
    ("completeness", "--completeness"),
    ("json", "--json"),
    ("multiqc", "--multiqc"),
):
    if snakemake.output.get(name):
        targets += f" {option} {snakemake.output[name]}"

shell(
    "mirpre annotate"
    " {extra}"
    " --threads {snakemake.threads}"
    " {targets}"
    " {source}"
    " {snakemake.input.calls}"
    " {log}"
)
