"""The command as the user could type it again."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Collection


def command_line(leave_out: Collection[str] = (), flags: Collection[str] = ()) -> str:
    """The command that runs, on one line, without some options and flags, nor those on what it
    says beside its results."""
    words = sys.argv[1:]
    leave_out = {*leave_out, "--log-file"}
    flags = {*flags, "-q", "--quiet", "-v", "--verbose"}
    for at in reversed(range(len(words))):
        option, has_value, _ = words[at].partition("=")
        if option in flags:
            del words[at]
        elif option in leave_out:
            del words[at : at + (1 if has_value else 2)]
        elif words[at][:2] in leave_out:  # a short option and its value in one word
            del words[at]
    return shlex.join(["mirpre", *words]).replace("\n", " ")
