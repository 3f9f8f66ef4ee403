"""Snakemake wrapper for mirpre scan-genome."""

__author__ = "The mirpre developers"
__copyright__ = "Copyright 2026, The mirpre developers"
__license__ = "MIT"

from snakemake.shell import shell

extra = snakemake.params.get("extra", "")
log = snakemake.log_fmt_shell(stdout=True, stderr=True)

source = f"{snakemake.input.get('genome') or snakemake.input[0]}"
for name in ("bed", "model"):
    if snakemake.input.get(name):
        source = f"--{name} {snakemake.input[name]} {source}"

# Outputs are named by their format: the first is the main one, the others ride along.
formats = [
    name
    for name in ("tsv", "bed", "gff3", "fasta", "folded", "mature_fasta", "jsonl")
    if snakemake.output.get(name)
]
if snakemake.output.get("shard"):
    targets = f"--output {snakemake.output.shard}"
elif formats:
    first, *others = formats
    targets = f"--format {first.replace('_', '-')} --output {snakemake.output[first]}"
    for name in others:
        targets += f" --also {name.replace('_', '-')} {snakemake.output[name]}"
else:
    raise ValueError("name an output by its format, such as tsv or gff3, or shard")
for name, option in (
    ("report", "--report"),
    ("json", "--json"),
    ("multiqc", "--multiqc"),
):
    if snakemake.output.get(name):
        targets += f" {option} {snakemake.output[name]}"

shell(
    "mirpre scan-genome {extra} --threads {snakemake.threads} {targets} {source} {log}"
)
