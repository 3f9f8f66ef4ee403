"""Check galaxy-tool-test's report: all tests of one tool ran, and as many failed as said.

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
    tool = ET.parse(args.tool).getroot()
    with open(args.report) as report:
        tests = [test["data"] for test in json.load(report)["tests"]]
    results = [test for test in tests if test["tool_id"] == tool.get("id")]
    expected = len(tool.findall("./tests/test"))
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
