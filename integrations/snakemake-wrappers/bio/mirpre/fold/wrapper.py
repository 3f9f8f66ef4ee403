"""Snakemake wrapper for mirpre fold."""

__author__ = "The mirpre developers"
__copyright__ = "Copyright 2026, The mirpre developers"
__license__ = "MIT"

from snakemake.shell import shell

extra = snakemake.params.get("extra", "")
log = snakemake.log_fmt_shell(stdout=True, stderr=True)

shell(
    "mirpre fold"
    " {extra}"
    " --threads {snakemake.threads}"
    " --output {snakemake.output[0]}"
    " {snakemake.input}"
    " {log}"
)
