"""How many precursors the scan would leave out since they lie in tandem repeats.

python -m bench.evidence.scan_repeats hairpin.fa --supported supported.tsv --windows hsa_real.fa ...

Precursors by themselves, and 200-nt windows of genomes with a precursor in the middle.
"""

from __future__ import annotations

import argparse

import numpy as np

from bench.shared.scan_data import read_fasta
from mirpre.scanning.letters import to_letters
from mirpre.scanning.repeats import in_tandem_repeats


def left_out(sequence: str, beside: int = 0) -> bool:
    place = np.array([beside]), np.array([len(sequence) - beside])
    return bool(in_tandem_repeats(to_letters(sequence.encode()), *place)[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("hairpins")
    parser.add_argument("--supported", required=True)
    parser.add_argument("--windows", nargs="+", default=[])
    args = parser.parse_args()
    with open(args.supported, encoding="utf-8") as lines:
        rows = [line.split("\t") for line in lines]
    good, names = {row[0] for row in rows}, {row[1] for row in rows}
    groups: dict[bool, list[bool]] = {True: [], False: []}
    for header, sequence in read_fasta(args.hairpins):
        groups[header.split()[1] in good].append(left_out(sequence))
    for is_good, found in groups.items():
        name = "supported by MirGeneDB" if is_good else "not supported"
        print(f"{name}: {sum(found)} of {len(found)} precursors lie in tandem repeats")
    for file in args.windows:
        windows = [(header.split()[0].split(":")[0], s) for header, s in read_fasta(file)]
        inside = [name for name, sequence in windows if left_out(sequence, 50)]
        supported = len({name for name, _ in windows} & names)
        print(
            f"{file}: {len(inside)} of {len(windows)} middle hundreds lie in tandem repeats, "
            f"{len(names & set(inside))} of {supported} supported: {' '.join(inside)}"
        )


if __name__ == "__main__":
    main()
