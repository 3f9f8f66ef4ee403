"""The words around the tables of docs/evidence/leakage.md."""

from __future__ import annotations

PAGE = """# What leaks, and what the numbers mean

The [paper's numbers](paper.md) come from a random split of one set of human sequences. This page \
measures the same networks where the split does not help them. It is written by one command, \
which uses the training runs of `bench/paper/tables.py`:

```sh
python -m bench.paper.leakage DATA WORK docs/evidence/leakage.md \\
    --hairpins hairpin.fa --mature mature.fa --families families.tsv \\
    --supported supported.tsv --mrna human_mrna.fa \\
    --other "human tRNA=trna.fa" --other "human snoRNA=snorna.fa" ...
```

`hairpin.fa` and `mature.fa` are miRBase 22; `families.tsv` gives miRBase 21's families by \
precursor name, `supported.tsv` the precursors that MirGeneDB supports. Intervals are 95 %: a \
stratified bootstrap for metrics, Wilson's for plain rates.

## Near-duplicates and families on both sides of the published split

A test record is removed where a training or validation record is its near-duplicate (`mirpre \
split` tells the measure: shared 8-mers, an estimated identity of at least 0.9 or 0.8), or of its \
family. Nothing is trained anew here; only test records go.

{near}

Precursors of the test set that have a relative (0.8 or family) among the records the network was \
trained on: the bundled CNN calls {related}; without a relative: {unrelated}. That gap is what \
the random split adds to the sensitivity.

## Families held out of the training

Five folds made by `mirpre split --group-by sequence --group-by family`, so that no family and no \
near-duplicate is in two of them; one fold tests, the next one chooses the epoch, three train \
(60 % of the records; the published split trains on 64 %, random ten folds on 80 %). Seed 1. \
{held_out_runs}

{held_out}

## Human precursors of miRBase 22 that the paper's pool does not hold

{n_new} human precursors of miRBase 22 have a sequence that is not among the 1881.

{new}

miRBase has many doubtful entries, late ones above all: a record that is not called need not be \
an error of the network.

## RNAs that are no precursors

Each record of up to 180 nt, once per sequence, folded whole. Records that hold the first 19 nt of \
a mature miRNA of miRBase 22 are left out, since some snoRNAs are real precursors; of Rfam the \
whole family of such a record is. The hairpins of \
transcripts are windows that fold into one hairpin with at least 18 pairs and at most -15 \
kcal/mol, the criteria by which such pseudo hairpins are usually made. Large Rfam families weigh \
much (one, a viral frameshift element, has 768 records), so the mean over families stands beside. \
"Strict" is the threshold that calls 1 % of the negatives among the validation records; what it \
costs on the test records stands in the second table.

{others}

The specificity of the paper, on pieces of coding regions that fold as badly as such pieces do, \
says little about RNAs that have a structure of their own. On all of these sets the RNN calls a \
third to two thirds of what the CNN calls, though the paper's test set hardly tells the two \
apart. Who classifies such RNAs should raise the threshold, filter known RNAs first, or train on \
negatives of that kind.

## What a reviewer should take from this

- A random split of miRBase measures how well a network recognises more of the same.
- The number for a new family is the one with families held out, and the false positives to \
expect are those of the RNAs at hand.
- A test set of this size cannot tell apart models that differ by a point.
"""


def page(
    near: str,
    related: tuple[str, str],
    held_out: tuple[str, int],
    new: tuple[str, int],
    others: str,
) -> str:
    """The whole page from its tables."""
    folds = held_out[1]
    runs = "All folds were run." if folds == 5 else f"Of the five folds {folds} were run."
    return PAGE.format(
        near=near,
        related=related[0],
        unrelated=related[1],
        held_out=held_out[0],
        held_out_runs=runs,
        new=new[0],
        n_new=new[1],
        others=others,
    )
