"""Where a precursor's mature sequences lie, told by a network from sequence and structure alone.

The network (training/arms_network.py) gives, for the first and last position of either arm, how
probable each position of the hairpin is. What is reported are the most probable positions that
make two mature sequences, by these and by how long mature sequences are.

Which of the two is the more abundant one is told from their first bases and how they pair: the
strand whose 5' end is less stable is kept (Khvorova et al. 2003, doi
10.1016/S0092-8674(03)00801-8), and most begin with U.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mirpre.annotation.records import MODEL, Arms, Span
from mirpre.encoding import DIMERS
from mirpre.errors import ModelError
from mirpre.folding import Folder
from mirpre.folding.step import fold_chunk, full_chunk
from mirpre.models.inference import alike, open_session, run_session, unfit
from mirpre.models.registry import ARMS, TELLS_ARMS, ModelFiles, load_model_files
from mirpre.parallel import ordered_map
from mirpre.records import Hairpin
from mirpre.streams import BATCH_SIZE, chunked

Floats = NDArray[np.float64]

SHORTEST, LONGEST = 16, 28
"""Letters of a mature sequence; 99.9 % of miRBase 22's have so many."""
FIRST = 5
"""Positions of each mature sequence that tell which one is the more abundant."""
NEAR = 2
"""A confidence is that of both ends within so many nt."""
ARM_NAMES = ("five", "three")
LEAST_SHARE = 1e-4
"""Of a length that was never seen."""
_LEAST = 1e-9
NOTHING = Arms(None, None, None)
"""Said of a hairpin that is too short for two mature sequences."""


class ArmsPredictor:
    """The loaded network, and what its card has beside it.

    Each batch runs on one thread, and several threads may call at once; what is said of a hairpin
    depends neither on the number of threads nor on its neighbours. Raises ModelError for a card
    without the sections "calibration", "lengths" and "dominance".
    """

    def __init__(self, files: ModelFiles | None = None) -> None:
        """files: of a model that tells arms; the bundled one by default."""
        self.files = files or load_model_files(ARMS, TELLS_ARMS)
        self.encoding = self.files.encoding
        self._session = open_session(self.files)
        self._reads = self._session.get_inputs()[0].name
        try:
            found = self.files.card["calibration"]
            self._lines = {k: np.array([found[k]], float) for k in ARM_NAMES}
            self._prior = _length_prior(self.files.card["lengths"])
            found = self.files.card["dominance"]
            self._shift, self._dimers = float(found["shift"]), _by_code(found)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                f"no calibration on the card ({error}); make the model again",
                file=str(self.files.folder),
            ) from error

    def cuts(self, encoded: NDArray[np.int32]) -> Iterator[tuple[NDArray[np.int64], Floats]]:
        """What the network says of encoded hairpins, those of one padded length together.

        Gives their rows, and the probabilities (n, L, 4) of first and last positions of the 5p
        and the 3p mature sequence.
        """
        folder = str(self.files.folder)
        for rows, length in alike(encoded, self.encoding.step):
            cuts = run_session(self._session, self._reads, encoded[rows, :length], folder)
            if cuts.shape != (len(rows), length, 4) or not np.isfinite(cuts).all():
                raise unfit(folder, f"it gives {cuts.dtype} of shape {cuts.shape}, or no numbers")
            yield rows, cuts.astype(float)

    def spans(self, cuts: Floats, lengths: NDArray[Any]) -> NDArray[np.int64]:
        """First and last positions (N, 4) of both arms, see best_spans."""
        return best_spans(cuts, lengths, self._prior)

    def arms(self, hairpins: list[Hairpin]) -> list[Arms]:
        """The arms of folded hairpins, in their order; ValueError for one without structure."""
        return [arms for arms, _ in self.arms_and_starts(hairpins)]

    def arms_and_starts(self, hairpins: list[Hairpin]) -> list[tuple[Arms, Floats]]:
        """As arms, and how probable each position is as the first one of the 5p and of the 3p
        mature sequence, (2, length)."""
        found = [NOTHING] * len(hairpins)
        starts = [np.zeros((2, 0))] * len(hairpins)
        lengths = np.array([len(hairpin) for hairpin in hairpins])
        encoded = self.encoding.encode(hairpins, np.int32)
        for rows, cuts in self.cuts(encoded):
            spans = self.spans(cuts, lengths[rows])
            near = log_odds(masses_near(cuts, spans))
            five = _logistic(self._lines["five"], near[:, :2])
            three = _logistic(self._lines["three"], near[:, 2:])
            dominant = self._dominance(encoded[rows, :, 0], spans)
            for k, row in enumerate(rows.tolist()):
                starts[row] = cuts[k, : lengths[row], 0::2].T.copy()
                if spans[k, 0] < 0:
                    continue
                a, b, c, d = spans[k].tolist()
                found[row] = Arms(
                    Span(a, b + 1, MODEL, round(float(five[k]), 4)),
                    Span(c, d + 1, MODEL, round(float(three[k]), 4)),
                    round(float(dominant[k]), 4),
                )
        return list(zip(found, starts, strict=True))

    def _dominance(self, codes: NDArray[np.int32], spans: NDArray[np.int64]) -> Floats:
        """Probability (N,) that the 5p arm gives the more abundant sequence."""
        starts = first_codes(codes, spans)
        weights = self._dimers[np.arange(2)[:, None], np.arange(FIRST), starts]
        found: Floats = 1 / (1 + np.exp(-(self._shift + weights.sum(axis=(1, 2)))))
        return found


def predict_arms(
    hairpins: Iterable[Hairpin],
    predictor: ArmsPredictor | None = None,
    *,
    threads: int = 1,
    folder: Folder | None = None,
    batch_size: int = BATCH_SIZE,
) -> Iterator[Arms]:
    """The likely mature arms of each hairpin, in order; with a folder they are folded first.

    Without a predictor the bundled model is loaded. A hairpin of less than 32 nt has none.
    """
    told_by = predictor or ArmsPredictor()

    def work(chunk: list[Hairpin]) -> list[Arms]:
        return told_by.arms(fold_chunk(chunk, folder) if folder is not None else chunk)

    chunks = chunked(hairpins, full_chunk(folder, batch_size))
    for _, found in ordered_map(work, chunks, threads):
        yield from found


def best_spans(cuts: Floats, lengths: NDArray[Any], prior: Floats) -> NDArray[np.int64]:
    """First and last positions (N, 4) of both arms: those with the highest sum of logarithms.

    cuts: probabilities (N, L, 4) of records with so many letters each; prior (2, LONGEST + 1):
    what is added for an arm of so many letters. Each arm has SHORTEST to LONGEST letters, and the
    3p arm begins behind the 5p one. A record that is too short for that has -1 throughout.
    """
    n, width, _ = cuts.shape
    inside = np.arange(width) < lengths[:, None]
    log = np.where(inside[:, :, None], np.log(np.maximum(cuts, _LEAST)), -np.inf)
    # Of each 5p end the best start, and of each 3p start the best end.
    five, five_from = np.full((n, width), -np.inf), np.zeros((n, width), np.int64)
    three, three_to = np.full((n, width), -np.inf), np.zeros((n, width), np.int64)
    for size in range(SHORTEST, min(LONGEST, width) + 1):
        together = log[:, : width - size + 1, 0] + log[:, size - 1 :, 1] + prior[0, size]
        better = together > five[:, size - 1 :]
        five[:, size - 1 :][better] = together[better]
        five_from[:, size - 1 :][better] = np.broadcast_to(
            np.arange(width - size + 1), together.shape
        )[better]
        together = log[:, : width - size + 1, 2] + log[:, size - 1 :, 3] + prior[1, size]
        better = together > three[:, : width - size + 1]
        three[:, : width - size + 1][better] = together[better]
        three_to[:, : width - size + 1][better] = np.broadcast_to(
            np.arange(size - 1, width), together.shape
        )[better]
    # Of each 3p start the best 5p end before it.
    before = np.maximum.accumulate(five, axis=1)
    both = np.full((n, width), -np.inf)
    both[:, 1:] = before[:, :-1] + three[:, 1:]
    row = np.arange(n)
    start = both.argmax(axis=1)
    end = np.where(np.arange(width) < start[:, None], five, -np.inf).argmax(axis=1)
    found = np.stack([five_from[row, end], end, start, three_to[row, start]], axis=1)
    found[~np.isfinite(both[row, start])] = -1
    return found


def masses_near(cuts: Floats, spans: NDArray[np.int64]) -> Floats:
    """Probabilities (N, 4) that the cuts lie within NEAR nt of these positions."""
    distance = np.abs(np.arange(cuts.shape[1])[None, :, None] - spans[:, None, :])
    total: Floats = np.where(distance <= NEAR, cuts, 0).sum(axis=1)
    return total


def log_odds(probabilities: Floats) -> Floats:
    """Of probabilities in 32 bits, which may be 0 or 1."""
    p = np.clip(probabilities, 1e-6, 1 - 1e-6)
    found: Floats = np.log(p) - np.log1p(-p)
    return found


def first_codes(codes: NDArray[np.int32], spans: NDArray[np.int64]) -> NDArray[np.int32]:
    """Codes (N, 2, FIRST) of the first dimers of the 5p and the 3p mature sequence."""
    at = spans[:, [0, 2], None] + np.arange(FIRST)
    inside = (at >= 0) & (at < codes.shape[1])
    found = codes[np.arange(len(codes))[:, None, None], np.where(inside, at, 0)]
    return np.where(inside, found, 0)


def _length_prior(card: dict[str, Any]) -> Floats:
    """(2, LONGEST + 1) from the shares of lengths on the card, which count by a weight."""
    shares = np.array([[card[arm].get(str(n), 0) for n in range(LONGEST + 1)] for arm in ARM_NAMES])
    found: Floats = float(card["weight"]) * np.log(np.maximum(shares.astype(float), LEAST_SHARE))
    return found


def _by_code(dominance: dict[str, Any]) -> Floats:
    """Weights (2, FIRST, codes) of dimers by the numbers that PARTNERS gives them."""
    weights = np.zeros((2, FIRST, len(DIMERS) + 2))
    for arm, name in enumerate(ARM_NAMES):
        for position, of in enumerate(dominance[name][:FIRST]):
            weights[arm, position, 1 : len(DIMERS) + 1] = [float(of[dimer]) for dimer in DIMERS]
    return weights


def _logistic(line: Floats, columns: Floats) -> Floats:
    """line: a shift, and a slope for each column, as one row."""
    # A sum of products, so that a row's last digit does not depend on the other rows.
    found: Floats = 1 / (1 + np.exp(-(line[:, 0] + (columns * line[:, 1:]).sum(axis=1))))
    return found
