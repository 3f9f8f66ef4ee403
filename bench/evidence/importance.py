"""Does the importance that `mirpre explain` tells agree with mutations made in the sequence?

usage: python -m bench.evidence.importance HAIRPINS.fa [--model NAME]... [--records N] [--seed S]

Each nucleotide of N hairpins, chosen at random, is changed to each of the three others; the
mutant is folded anew and given to the model. The mean of what its log-odds lose by the three is
compared with the importance by each of three methods, all of which hide nucleotides (an N, which
pairs with nothing) and keep the rest of the structure:

occlusion   one nucleotide at a time; what mirpre explain does
window      three neighbours at a time, each nucleotide the mean of its three windows
path        random subsets from everything hidden to nothing hidden (32 shares, 16 subsets each):
            mean log-odds with the nucleotide less that without it, the discrete sibling of
            integrated gradients

Told is the median over the hairpins of Pearson's and Spearman's correlation, with quartiles.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mirpre.folding import Folder, open_folder
from mirpre.formats.detect import read_hairpins
from mirpre.formats.opening import open_lines
from mirpre.models.importance import HIDDEN, importance
from mirpre.models.model import Model, load_model
from mirpre.records import Hairpin, partners

Values = NDArray[np.float64]


def mutations(hairpin: Hairpin, model: Model, folder: Folder) -> Values:
    """Mean loss of log-odds by the three substitutions of each nucleotide, folded anew."""
    sequence = hairpin.sequence
    mutants = [
        sequence[:place] + base + sequence[place + 1 :]
        for place in range(len(sequence))
        for base in "ACGU"
        if base != sequence[place]
    ]
    folds = folder.fold(mutants)
    records = [
        Hairpin("", mutant, structure, mfe)
        for mutant, (structure, mfe) in zip(mutants, folds, strict=True)
    ]
    odds = model.log_odds([hairpin, *records])
    found: Values = odds[0] - odds[1:].reshape(len(sequence), 3).mean(axis=1)
    return found


def hide(hairpin: Hairpin, hidden: Sequence[bool], partner: Sequence[int]) -> Hairpin:
    """The hairpin with these nucleotides hidden."""
    sequence = [HIDDEN if off else base for base, off in zip(hairpin.sequence, hidden, strict=True)]
    structure = [
        "." if hidden[place] or (other >= 0 and hidden[other]) else symbol
        for place, (symbol, other) in enumerate(zip(hairpin.structure or "", partner, strict=True))
    ]
    return Hairpin("", "".join(sequence), "".join(structure))


def window(hairpin: Hairpin, model: Model) -> Values:
    """The method window."""
    length, partner = len(hairpin), partners(hairpin.structure or "")
    records = [
        hide(hairpin, [abs(place - middle) < 2 for place in range(length)], partner)
        for middle in range(length)
    ]
    odds = model.log_odds([hairpin, *records])
    loss = np.pad(odds[0] - odds[1:], 1, mode="edge")
    found: Values = (loss[:-2] + loss[1:-1] + loss[2:]) / 3
    return found


def path(hairpin: Hairpin, model: Model) -> Values:
    """The method path."""
    draw = np.random.default_rng(1)
    length, partner = len(hairpin), partners(hairpin.structure or "")
    shares = np.repeat((np.arange(32) + 0.5) / 32, 16)
    hidden = draw.random((len(shares), length)) > shares[:, None]
    odds = model.log_odds([hide(hairpin, row.tolist(), partner) for row in hidden])
    # Within each share, so that the share itself does not count.
    left = odds - np.repeat(odds.reshape(32, 16).mean(axis=1), 16)
    kept = ~hidden - shares[:, None]
    found: Values = (kept * left[:, None]).sum(axis=0) / (kept**2).sum(axis=0)
    return found


METHODS: dict[str, Callable[[Hairpin, Model], Values]] = {
    "occlusion": importance,
    "window": window,
    "path": path,
}


def ranks(values: Values) -> Values:
    found: Values = np.argsort(np.argsort(values)).astype(float)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("hairpins")
    parser.add_argument("--model", action="append")
    parser.add_argument("--records", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with open_folder("auto") as (folder, _), open_lines(options.hairpins) as lines:
        records = [
            h for h in read_hairpins(lines)[1] if len(h) <= 180 and not h.sequence.strip("ACGU")
        ]
        chosen = random.Random(options.seed).sample(records, options.records)
        folds = folder.fold([h.sequence for h in chosen])
        chosen = [h.folded(*fold) for h, fold in zip(chosen, folds, strict=True)]
        print("| model | method | Pearson (quartiles) | Spearman (quartiles) |")
        print("|---|---|---|---|")
        for name in options.model or ["cnn", "rnn", "genome"]:
            model = load_model(name)
            truth = [mutations(h, model, folder) for h in chosen]
            for method, explain in METHODS.items():
                values = [explain(h, model) for h in chosen]
                both = list(zip(truth, values, strict=True))
                cells = []
                for change in (lambda values: values, ranks):
                    r = [np.corrcoef(change(a), change(b))[0, 1] for a, b in both]
                    low, middle, high = np.quantile(r, (0.25, 0.5, 0.75))
                    cells.append(f"{middle:.2f} ({low:.2f} to {high:.2f})")
                print(f"| {name} | {method} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
