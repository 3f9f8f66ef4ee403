"""Check galaxy-tool-test's report: all tests of the tool ran, and as many failed as said.

usage: count_tests.py [--failed N] REPORT.json TOOL.xml

Prints how many tests passed.
"""

from __future__ import annotations

import argparse
import json
import sys
import xml.etree.ElementTree as ET


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--failed", type=int, default=0)
    parser.add_argument("report")
    parser.add_argument("tool")
    args = parser.parse_args()
    with open(args.report) as report:
        results = [test["data"] for test in json.load(report)["tests"]]
    expected = len(ET.parse(args.tool).findall("./tests/test"))
    bad = [result for result in results if result["status"] != "success"]
    if len(results) == expected > 0 and len(bad) == args.failed:
        print(len(results) - len(bad))
        return 0
    print(
        f"{args.tool}: {len(results)} of {expected} tests ran, {len(bad)} failed", file=sys.stderr
    )
    for result in bad:
        problems = [*result.get("output_problems", []), result.get("execution_problem")]
        print(result.get("test_index"), *filter(None, problems), sep="\n  ", file=sys.stderr)
        print((result.get("job") or {}).get("stderr", ""), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
