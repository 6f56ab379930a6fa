"""A library in a process of its own, asked and answering in lines of JSON.

A crash ends the process of one library and becomes a sentence; the others go on.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time


class Failed(Exception):
    """A library that does not install, crashes or does not answer."""


def how_it_ended(code, errors):
    """A return code and what was written to standard error, as one sentence."""
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    last = [line.strip() for line in errors.splitlines() if line.strip()]
    return f"exit code {code}" + (f": {last[-1][:200]}" if last else "")


class Worker:
    """The process, as its user sees it. It says once that it is ready."""

    def __init__(self, command, variables=None, timeout_s=600.0, directory=None):
        self.timeout_s = timeout_s
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env={**os.environ, **(variables or {})},
            cwd=directory,
        )
        self.pending = b""
        try:
            self.greeting = self.read()
        except Failed:
            self.close()
            raise

    def ask(self, question):
        """The answer to a question; both become JSON."""
        try:
            self.process.stdin.write(json.dumps(question).encode() + b"\n")
            self.process.stdin.flush()
        except OSError as error:
            raise Failed(self.verdict()) from error
        return self.read()

    def read(self):
        deadline = time.monotonic() + self.timeout_s
        output = self.process.stdout.fileno()
        while b"\n" not in self.pending:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([output], [], [], left)[0]:
                raise Failed(f"no answer in {self.timeout_s:.0f} s")
            block = os.read(output, 1 << 16)
            if not block:
                raise Failed(self.verdict())
            self.pending += block
        line, _, self.pending = self.pending.partition(b"\n")
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def verdict(self):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.errors.seek(0)
        return how_it_ended(self.process.poll(), self.errors.read().decode(errors="replace"))

    def close(self):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def serve(make):
    """In the worker: `make()` gives a greeting and a function from questions to answers.

    Libraries that write to standard output do not disturb the answers.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(answer):
        print(json.dumps(answer), file=answers, flush=True)

    try:
        greeting, answer = make()
        say(greeting)
        for line in sys.stdin:
            say(answer(json.loads(line)))
    except Exception as error:  # whatever a library raises is its result
        say({"error": f"{type(error).__name__}: {str(error).strip().splitlines()[-1] if str(error).strip() else ''}"[:300]})
        raise
