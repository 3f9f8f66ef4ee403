"""Read meta.yaml as conda-build does, and write the hash of a release into it.

usage: recipe.py SDIST [META.YAML]

SDIST is the file that was released, or its URL; its version must be the recipe's.
"""

from __future__ import annotations

import hashlib
import re
import sys
import urllib.request
from pathlib import Path
from typing import Any

RECIPE = Path(__file__).with_name("meta.yaml")


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


def main() -> int:
    if not 2 <= len(sys.argv) <= 3:
        print(__doc__, file=sys.stderr)
        return 2
    source = sys.argv[1]
    recipe = Path(sys.argv[2]) if len(sys.argv) == 3 else RECIPE
    try:
        if source.startswith("https://"):
            with urllib.request.urlopen(source) as response:
                content = response.read()
        else:
            content = Path(source).read_bytes()
        recipe.write_text(fill(recipe.read_text(), source.rsplit("/", 1)[-1], content))
    except (OSError, ValueError) as error:
        print(f"recipe.py: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
