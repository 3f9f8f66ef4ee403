"""Snakemake wrapper for mirpre merge."""

__author__ = "The mirpre developers"
__copyright__ = "Copyright 2026, The mirpre developers"
__license__ = "MIT"

from snakemake.shell import shell

extra = snakemake.params.get("extra", "")
log = snakemake.log_fmt_shell(stdout=True, stderr=True)

# Outputs are named by their format: the first is the main one, the others ride along.
formats = [
    name
    for name in ("tsv", "bed", "gff3", "fasta", "jsonl")
    if snakemake.output.get(name)
]
if not formats:
    raise ValueError("name an output by its format, such as tsv or gff3")
first, *others = formats
targets = f"--format {first} --output {snakemake.output[first]}"
for name in others:
    targets += f" --also {name} {snakemake.output[name]}"
for name, option in (("json", "--json"), ("multiqc", "--multiqc")):
    if snakemake.output.get(name):
        targets += f" {option} {snakemake.output[name]}"

shell("mirpre merge {extra} {targets} {snakemake.input} {log}")
