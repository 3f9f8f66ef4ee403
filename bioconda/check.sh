#!/usr/bin/env bash
# What bioconda would do, as far as it can be done without conda: the sdist, a wheel from the
# sdist alone, a clean environment, and there the recipe's own tests.
#   usage: bash bioconda/check.sh [PYTHON]
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
python=${1:-python3}
unset PYTHONPATH  # what is found there would count as installed
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say() { printf '[%3d s] %s\n' $SECONDS "$*"; }

"$python" -m venv "$work/tools"
"$work/tools/bin/pip" install -q build jinja2 pyyaml conda-souschef
# A copy, since a build leaves folders behind.
mkdir "$work/source"
git ls-files -z --cached --others --exclude-standard | tar --null -cf - -T - | tar -xf - -C "$work/source"
"$work/tools/bin/python" -m build -q --sdist --outdir "$work/dist" "$work/source" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
sdist=$(echo "$work"/dist/*.tar.gz)
mkdir "$work/unpacked"; tar -xzf "$sdist" -C "$work/unpacked" --strip-components 1
cd "$work/unpacked"
for file in LICENSE README.md test-data/hairpins.fa mirpre/models/weights/{cnn,genome,rnn}/{model.onnx,card.json}; do
  [ -s "$file" ] || { echo "$file is missing from the sdist" >&2; exit 1; }
done
say "sdist $(du -h "$sdist" | cut -f1) with licence, weights and example"

cp "$root/bioconda/mirpre/meta.yaml" "$work/meta.yaml"
"$work/tools/bin/python" "$root/bioconda/recipe.py" "$sdist" "$work/meta.yaml"
grep -q "sha256: $(sha256sum "$sdist" | cut -d' ' -f1)" "$work/meta.yaml"
"$work/tools/bin/python" -c 'import sys; from souschef.recipe import Recipe; Recipe(load_file=sys.argv[1])' "$work/meta.yaml"
say "recipe filled with the sdist's hash; souschef and Jinja read it"

# As the recipe's script does; then without ViennaRNA's metadata, which conda's may lack.
sed -i.bak '/"ViennaRNA>=/d' setup.py
"$work/tools/bin/python" -m build -q --wheel --outdir "$work/dist" "$work/unpacked" >"$work/build.log" 2>&1 || { cat "$work/build.log"; exit 1; }
wheel=$(echo "$work"/dist/*.whl)
"$python" -m venv "$work/clean"
"$work/clean/bin/pip" install -q "$wheel" "$(sed -n 's/.*"\(ViennaRNA>=.*\)",/\1/p' "$root/setup.py")"
rm -r "$work"/clean/lib/python*/site-packages/[Vv]ienna[Rr][Nn][Aa]-*.dist-info
say "wheel $(du -h "$wheel" | cut -f1); environment $(du -sh "$work/clean" | cut -f1) with $("$python" --version)"

# The tests of the package itself: imports and commands, beside the files that the recipe names.
"$work/tools/bin/python" - "$work" "$root" <<'PYTHON' >"$work/tests.sh"
import shutil, sys
from pathlib import Path
work, root = map(Path, sys.argv[1:])
sys.path.insert(0, str(root / "bioconda"))
from recipe import render
test = render((work / "meta.yaml").read_text())["test"]
for name in test["source_files"]:
    target = work / "test" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(work / "unpacked" / name, target)
for name in test["imports"]:
    print(f'python -c "import {name}"')
print(*test["commands"], sep="\n")
PYTHON
cd "$work/test"
while read -r line; do
  env -i PREFIX="$work/clean" HOME="$work" LANG=C.UTF-8 PATH="$work/clean/bin:/usr/bin:/bin" bash -o pipefail -ec "$line" >"$work/out" 2>&1 ||
    { echo "failed: $line" >&2; cat "$work/out" >&2; exit 1; }
done <"$work/tests.sh"
say "$(wc -l <"$work/tests.sh") tests of the recipe passed"
