"""``python -m mirpre``."""

import sys

from mirpre.cli import main

if __name__ == "__main__":
    sys.exit(main())
