"""Read the recipes as conda-build does, and write into them what only a release knows.

SDIST is the file that was released, or its URL; its version must be the recipe's. Its hash is
written into RECIPE, and where they are named the maintainers and the tool's bio.tools identifier,
those into the recipe of mirpre-train as well, which goes to bioconda after mirpre.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
import urllib.request
from pathlib import Path
from typing import Any

RECIPE = Path(__file__).parent / "mirpre" / "meta.yaml"
TRAIN = Path(__file__).parent / "mirpre-train" / "meta.yaml"
"""A package of requirements only, which has no source."""


def render(recipe: str) -> dict[str, Any]:
    """The recipe with its Jinja expressions evaluated."""
    import jinja2
    import yaml

    def pin_subpackage(name: str, max_pin: str) -> str:
        return f"{name} ={max_pin}"

    template = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(recipe)
    text = template.render(
        PYTHON="python",
        pin_subpackage=pin_subpackage,
        compiler=lambda language: f"{language}_compiler",
        stdlib=lambda language: f"{language}_stdlib",
    )
    rendered: dict[str, Any] = yaml.safe_load(text)
    return rendered


def fill(recipe: str, file_name: str, content: bytes) -> str:
    """The recipe with the sdist's hash; raises ValueError where version or place do not fit."""
    package = render(recipe)["package"]
    expected = f"{package['name']}-{package['version']}.tar.gz"
    if file_name != expected:
        raise ValueError(f"the recipe is for {expected}, not for {file_name}")
    digest = hashlib.sha256(content).hexdigest()
    filled, places = re.subn(r"(?m)^(  sha256: )[0-9a-f]{64}$", rf"\g<1>{digest}", recipe)
    if places != 1:
        raise ValueError(f"{places} places for a hash in the recipe; there must be one")
    return re.sub(r"(?m)^  # No release yet.*\n", "", filled)


def sign(recipe: str, maintainers: list[str], biotools: str | None) -> str:
    """The recipe with these GitHub names as its maintainers, and with the identifier."""
    if maintainers:
        names = "".join(f"    - {name}\n" for name in maintainers)
        recipe = re.sub(r"(?m)^(  recipe-maintainers:\n)(    - .+\n)+", rf"\g<1>{names}", recipe)
    if biotools:
        recipe = re.sub(r"(?m)^    - biotools:.+\n", "", recipe)
        recipe = re.sub(
            r"(?m)^(  identifiers:\n(    - .+\n)+)", rf"\g<1>    - biotools:{biotools}\n", recipe
        )
    return recipe


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sdist")
    parser.add_argument("recipe", nargs="?", type=Path, default=RECIPE)
    parser.add_argument("--maintainer", action="append", default=[], help="GitHub name")
    parser.add_argument("--biotools", help="identifier, once the tool is registered there")
    args = parser.parse_args()
    try:
        if args.sdist.startswith("https://"):
            with urllib.request.urlopen(args.sdist) as response:
                content = response.read()
        else:
            content = Path(args.sdist).read_bytes()
        filled = fill(args.recipe.read_text(), args.sdist.rsplit("/", 1)[-1], content)
        args.recipe.write_text(sign(filled, args.maintainer, args.biotools))
        if args.recipe == RECIPE:
            TRAIN.write_text(sign(TRAIN.read_text(), args.maintainer, args.biotools))
    except (OSError, ValueError) as error:
        print(f"recipe.py: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
