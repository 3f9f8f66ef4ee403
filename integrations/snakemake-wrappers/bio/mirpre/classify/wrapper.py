"""Snakemake wrapper for mirpre classify."""

__author__ = "The mirpre developers"
__copyright__ = "Copyright 2026, The mirpre developers"
__license__ = "MIT"

from snakemake.shell import shell

extra = snakemake.params.get("extra", "")
log = snakemake.log_fmt_shell(stdout=True, stderr=True)

bed = snakemake.input.get("bed")
if bed:
    source = f"--bed {bed} --genome {snakemake.input.genome}"
else:
    source = f"{snakemake.input.get('hairpins') or snakemake.input[0]}"
model = snakemake.input.get("model")
if model:
    source = f"--model {model} {source}"

# Outputs are named by their format: the first is the main one, the others ride along.
formats = [
    name
    for name in ("tsv", "bed", "gff3", "fasta", "jsonl")
    if snakemake.output.get(name)
]
if not formats:
    raise ValueError("name an output by its format: tsv, bed, gff3, fasta or jsonl")
first, *others = formats
targets = f"--format {first.replace('_', '-')} --output {snakemake.output[first]}"
for name in others:
    targets += f" --also {name.replace('_', '-')} {snakemake.output[name]}"
for name, option in (
    ("report", "--report"),
    ("json", "--json"),
    ("multiqc", "--multiqc"),
    ("skipped", "--skip-invalid"),
):
    if snakemake.output.get(name):
        targets += f" {option} {snakemake.output[name]}"

shell("mirpre classify {extra} --threads {snakemake.threads} {targets} {source} {log}")
