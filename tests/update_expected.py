"""Write test-data/expected anew from what the commands give; look at the diff afterwards."""

from galaxy_files import refresh
from golden import EXPECTED, GOLDEN, run_golden


def main() -> None:
    EXPECTED.mkdir(exist_ok=True)
    for name in GOLDEN:
        (EXPECTED / name).write_text(run_golden(name))
    refresh()


if __name__ == "__main__":
    main()
