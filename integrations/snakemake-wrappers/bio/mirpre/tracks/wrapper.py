"""Snakemake wrapper for mirpre tracks."""

__author__ = "The mirpre developers"
__copyright__ = "Copyright 2026, The mirpre developers"
__license__ = "MIT"

from snakemake.shell import shell

extra = snakemake.params.get("extra", "")
log = snakemake.log_fmt_shell(stdout=True, stderr=True)

source = f"{snakemake.input.get('calls') or snakemake.input[0]}"
if snakemake.input.get("genome"):
    source = f"--genome {snakemake.input.genome} {source}"
if snakemake.output.get("gff3"):
    targets = f"--format gff3 --output {snakemake.output.gff3}"
else:
    targets = (
        f"--format bed12 --output {snakemake.output.get('bed') or snakemake.output[0]}"
    )
if snakemake.output.get("session"):
    targets += f" --igv-session {snakemake.output.session}"

shell("mirpre tracks {extra} {targets} {source} {log}")
