"""Does the importance that `mirpre explain` tells agree with mutations made in the sequence?

usage: python -m bench.evidence.importance HAIRPINS.fa [--model NAME]... [--records N] [--seed S]

Each nucleotide of N hairpins, chosen at random, is changed to each of the three others; the
mutant is folded anew and given to the model. The mean of what its log-odds lose by the three is
compared with the importance by each of these methods. The first three hide nucleotides (an N,
which pairs with nothing) and keep the rest of the structure; the others are integrated gradients
(Sundararajan et al., ICML 2017, https://proceedings.mlr.press/v70/sundararajan17a.html) of what
the network reads, through its ONNX file, and need the package onnx:

occlusion   one nucleotide at a time; what mirpre explain does
window      three neighbours at a time, each nucleotide the mean of its three windows
path        random subsets from everything hidden to nothing hidden (32 shares, 16 subsets each):
            mean log-odds with the nucleotide less that without it, the discrete sibling of
            integrated gradients
gradients   from N at each position to its dimer, in 8 steps; for each step and position the
            log-odds half a step further less those half a step before, that position alone moved
gradients-mean  the same from the mean of all 12 dimers

Told is the median over the hairpins of Pearson's and Spearman's correlation, with quartiles.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirpre.encoding import PARTNERS
from mirpre.folding import Folder, open_folder
from mirpre.formats.detect import read_hairpins
from mirpre.formats.opening import open_lines
from mirpre.models.importance import HIDDEN, importance
from mirpre.models.inference import LEAST
from mirpre.models.model import Model, load_model
from mirpre.models.registry import load_model_files
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


STEPS = 8
MEAN, HIDDEN_DIMER = "mean", "N"


class Gradients:
    """Integrated gradients of one model, from one of two baselines."""

    def __init__(self, baseline: str) -> None:
        self._baseline = baseline
        self._sessions: dict[str, Any] = {}

    def __call__(self, hairpin: Hairpin, model: Model) -> Values:
        if model.name not in self._sessions:
            self._sessions[model.name] = self._open(model)
        length = len(hairpin)
        places = np.arange(length)
        found = np.zeros(length)
        for step in range(STEPS):
            shares = np.full((2 * length, length), (step + 0.5) / STEPS, np.float32)
            shares[places, places] += 0.5 / STEPS
            shares[length + places, places] -= 0.5 / STEPS
            odds = self._odds(hairpin, model, shares)
            found += odds[:length] - odds[length:]
        return found

    def _odds(self, hairpin: Hairpin, model: Model, shares: NDArray[np.float32]) -> Values:
        """Log-odds with so much of each position's dimer, the rest being the baseline."""
        session = self._sessions[model.name]
        name = session.get_inputs()[0].name
        encoded = model.encoding.encode([hairpin], model.predictor.dtype)
        length = len(hairpin)
        outputs = []
        for part in np.array_split(shares, max(1, len(shares) // 16)):
            whole = np.ones((len(part), encoded.shape[1], 1), np.float32)
            whole[:, :length, 0] = part
            if model.encoding is PARTNERS:
                rows = np.append(np.float32(1), whole.ravel())[:, None]
                fed = {name: np.repeat(encoded, len(part), axis=0), "share": rows}
            else:
                base = np.zeros_like(encoded)
                base[:, :length] = 1 / 12 if self._baseline == MEAN else 0
                fed = {name: base + whole * (encoded - base)}
            outputs.append(session.run(None, fed)[0])
        both = np.maximum(np.concatenate(outputs).astype(np.float64), LEAST)
        found: Values = np.log(both[:, 0]) - np.log(both[:, 1])
        return found

    def _open(self, model: Model) -> Any:
        import onnxruntime

        content = load_model_files(model.name).onnx
        if model.encoding is PARTNERS:
            content = self._with_shares(content)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        return onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])

    def _with_shares(self, content: bytes) -> bytes:
        """A network of dimers that are looked up in tables, with an input share (rows, 1): how
        much of its own entry each position has, the rest being the baseline's."""
        import onnx
        from onnx import helper, numpy_helper

        model = onnx.load_from_string(content)
        graph = model.graph
        tables = {t.name: numpy_helper.to_array(t) for t in graph.initializer if len(t.dims) == 2}
        nodes = []
        for node in graph.node:
            nodes.append(node)
            if node.op_type != "Gather" or node.input[0] not in tables:
                continue
            # Rows are dimers from 0 (padding) to 13 (N), and the distance of the partner.
            table = tables[node.input[0]].reshape(14, -1, tables[node.input[0]].shape[1])
            base = table[1:13, 0].mean(axis=0) if self._baseline == MEAN else table[13, 0]
            out = node.output[0]
            node.output[0] = f"{out}_own"
            graph.initializer.append(numpy_helper.from_array(base[None], f"{out}_base"))
            for kind, one, other, made in (
                ("Sub", f"{out}_own", f"{out}_base", f"{out}_more"),
                ("Mul", f"{out}_more", "share", f"{out}_part"),
                ("Add", f"{out}_part", f"{out}_base", out),
            ):
                nodes.append(helper.make_node(kind, [one, other], [made]))
        del graph.node[:]
        graph.node.extend(nodes)
        shape = helper.make_tensor_value_info("share", onnx.TensorProto.FLOAT, ["rows", 1])
        graph.input.append(shape)
        found: bytes = model.SerializeToString()
        return found


METHODS: dict[str, Callable[[Hairpin, Model], Values]] = {
    "occlusion": importance,
    "window": window,
    "path": path,
    "gradients": Gradients(HIDDEN_DIMER),
    "gradients-mean": Gradients(MEAN),
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
