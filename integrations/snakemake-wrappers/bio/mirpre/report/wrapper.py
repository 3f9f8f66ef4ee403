"""Snakemake wrapper for mirpre report."""

__author__ = "The mirpre developers"
__copyright__ = "Copyright 2026, The mirpre developers"
__license__ = "MIT"

from snakemake.shell import shell

extra = snakemake.params.get("extra", "")
log = snakemake.log_fmt_shell(stdout=True, stderr=True)

source = f"{snakemake.input.get('calls') or snakemake.input[0]}"
for name in ("genome", "sequences"):
    if snakemake.input.get(name):
        source = f"--{name} {snakemake.input[name]} {source}"

shell("mirpre report {extra} --output {snakemake.output[0]} {source} {log}")
