# What several rules need.

OUT = config["results"]
SHARDS = config["shards"]
# All loci are kept: 'mirpre annotate' weighs those that the model alone does not call, too.
SCAN = f"--classify --all {config['scan']}".strip()

RESULTS = [
    f"{OUT}/calls.tsv",
    f"{OUT}/calls.gff3",
    f"{OUT}/calls.json",
    f"{OUT}/report.html",
]
if config["annotate"]:
    RESULTS += [f"{OUT}/mirnas.gff3", f"{OUT}/mirnas.tsv"]


localrules:
    all,


def megabytes(name):
    """Memory of a rule: what the configuration says, and more on each try."""
    return lambda wildcards, attempt: config["mem_mb"][name] * attempt


def minutes(name):
    return lambda wildcards, attempt: config["runtime"][name] * attempt
