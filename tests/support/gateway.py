"""Starts and looks at the gateway and the real peers around it, for the tests of the proving ground.

Only the standard library. Every process that is started here is ended here.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

PROJECT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
# Written by a script, read by whoever called it: the peers or tools it needs are not on this machine.
SKIPPED = 77


def skip(why):
    """Ends the script: what it needs is not here. Where every peer must be here that is a failure."""
    print(f"skipped: {why}")
    sys.exit(1 if os.environ.get("TOKUMEI_REQUIRE_PEERS") else SKIPPED)


def tokumei(given=None):
    """The path of the gateway's binary."""
    for path in (given, os.environ.get("TOKUMEI"), *(f"{PROJECT}/target/{p}/tokumei" for p in ("release", "debug"))):
        if path and os.path.exists(path):
            return os.path.abspath(path)
    sys.exit("no tokumei binary: cargo build --release, or --tokumei PATH")


def dcmtk(name):
    """The path of a DCMTK tool, or None. Another program of that name (pynetdicom installs some) is passed over."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, name)
        if os.access(path, os.X_OK):
            said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False)
            if "$dcmtk" in said.stdout:
                return path
    return None


def free_port():
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listening(port, process=None, seconds=60):
    """Waits until somebody listens on the port; False when that does not happen, or the process has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process is not None and process.poll() is not None:
            return False
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(0.02)
    return False


def until(seconds, condition):
    """Waits for a condition; what it gave at last."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > end:
            return value
        time.sleep(0.05)


def stop(process, seconds=30):
    """Ends a process that was started here: politely, then not."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


def memory(pid):
    """(peak resident, resident now) of a process in KiB."""
    fields = {}
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        for line in file:
            key, _, value = line.partition(":")
            fields[key] = value.split()
    return int(fields["VmHWM"][0]), int(fields["VmRSS"][0])


def cpu_seconds(pid):
    """User and system time of a process so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Gateway:
    """`tokumei serve` with the shipped configuration, its two ports replaced, its data and keys in `folder`."""

    def __init__(self, folder, archive_port, port=None, binary=None, config=None):
        self.folder, self.archive_port = os.path.abspath(folder), archive_port
        self.port = port or free_port()
        self.binary = tokumei(binary)
        self.process = None
        os.makedirs(self.folder, exist_ok=True)
        shipped = config or os.path.join(PROJECT, "config", "tokumei.yaml")
        with open(shipped, encoding="utf-8") as file:
            text = file.read()
        text = re.sub(r"\b11112\b", str(self.port), text)
        text = re.sub(r"\b11113\b", str(archive_port), text)
        self.config = os.path.join(self.folder, "tokumei.yaml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(text)
        self.env = dict(
            os.environ,
            TOKUMEI_DATA_DIR=os.path.join(self.folder, "data"),
            TOKUMEI_KEY_DIR=os.path.join(self.folder, "keys"),
        )
        self.log = os.path.join(self.folder, "gateway.log")

    def start(self):
        """Starts it, and waits until it is ready: it has its port before its canaries have flown."""
        with open(self.log, "ab") as log:
            before = log.tell()
            self.process = subprocess.Popen(
                [self.binary, "serve", "--config", self.config],
                env=self.env, stdout=log, stderr=subprocess.STDOUT, cwd=self.folder,
            )
        if not until(60, lambda: not self.alive() or self.says("gateway ready", before)) or not self.alive():
            sys.exit(f"the gateway did not start:\n{self.tail()}")
        return self

    def says(self, words, since=0):
        """Whether its log says something from a place on."""
        with open(self.log, "rb") as file:
            file.seek(since)
            return words.encode() in file.read()

    def tail(self, lines=40):
        """The end of its log."""
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-lines:])

    def alive(self):
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """SIGKILL."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """SIGTERM; its exit status."""
        return stop(self.process) if self.process else None

    def command(self, *arguments):
        """Runs another command of the gateway under the same configuration."""
        return subprocess.run(
            [self.binary, *arguments, "--config", self.config],
            env=self.env, capture_output=True, text=True, cwd=self.folder, check=False,
        )

    def status(self):
        """`tokumei status --json`."""
        said = self.command("status", "--json")
        if said.returncode != 0:
            sys.exit(f"tokumei status: {said.stderr}")
        return json.loads(said.stdout)

    def drained(self, seconds=300):
        """Waits until nothing waits to be forwarded; the status."""
        def now():
            status = self.status()
            return status if status["waiting"] == 0 else None

        return until(seconds, now) or self.status()


def counts_add_up(status):
    """Whether received, and what reviews made of it, = what is in the gateway + what left it."""
    parts = ("waiting", "delivered", "parked", "held", "quarantined", "reviewed", "rejected")
    return status["received"] + status["released_by_review"] == sum(status[part] for part in parts)


def storescp(folder, port=None, extra=()):
    """DCMTK's receiver as the archive, writing each data set exactly as it came; (process, port)."""
    path = dcmtk("storescp") or skip("dcmtk storescp is not installed")
    port = port or free_port()
    os.makedirs(folder, exist_ok=True)
    process = subprocess.Popen(
        [path, "--fork", "-q", "+xa", "-pm", "+B", "-aet", "ARCHIVE", "-pdu", "131072", *extra, "-od", folder, str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ, TCP_NODELAY="1"),
    )
    if not listening(port, process):
        sys.exit("storescp did not start")
    return process, port


class Checks:
    """Counts what held and what did not, and says so line by line."""

    def __init__(self):
        self.failed = 0

    def that(self, holds, what):
        """One statement."""
        print(f"{'ok    ' if holds else 'FAILED'} {what}", flush=True)
        self.failed += not holds
        return holds

    def exit(self):
        """Ends the script."""
        sys.exit(1 if self.failed else 0)


def temporary(prefix, keep=None):
    """A new folder for one run: `keep` if given (emptied first), else one under target/proof."""
    base = os.path.abspath(keep) if keep else os.path.join(PROJECT, "target", "proof", f"{prefix}-{os.getpid()}")
    shutil.rmtree(base, ignore_errors=True)
    os.makedirs(base)
    return base
