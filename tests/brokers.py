"""Brokers of a test's own, on sockets in the file system: started, stopped, frozen and started again."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest


class Broker:
    """A server that carries messages, run by whoever may run it."""

    #: Whose processes they are: some servers refuse to be run by root.
    user: str | None = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command(), user=self.user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        eventually(self.is_ready, 30)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)  # PostgreSQL then waits for nobody
        self.process.wait(30)

    @contextlib.contextmanager
    def frozen(self):
        """Connected, but silent: as a machine that is out of memory is."""
        processes = [self.process.pid, *children_of(self.process.pid)]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)

    def is_ready(self) -> bool:
        try:
            self.tell("nobody-listens", "")
        except Exception:  # noqa: BLE001 - of either driver
            return False
        return True


class Redis(Broker):
    @property
    def url(self):
        return f"unix://{self.folder}/redis.sock"

    def command(self):
        redis_server = shutil.which("redis-server")
        return [
            redis_server,
            *f"--port 0 --unixsocket {self.folder}/redis.sock".split(),
            "--save",
            "",
        ]

    def tell(self, channel, message):
        """What any other program would do."""
        import redis

        with redis.Redis.from_url(self.url) as client:
            client.publish(channel, message)


class Postgres(Broker):
    user = "postgres" if os.geteuid() == 0 else None
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        if self.user:
            shutil.chown(folder, self.user)
        initdb = [self.programs / "initdb", "--pgdata", folder / "data", "--username=postgres"]
        subprocess.run(
            [*initdb, "--auth=trust", "--no-sync"],
            user=self.user,
            check=True,
            stdout=subprocess.DEVNULL,
        )

    @property
    def url(self):
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def command(self):
        settings = [
            "-clisten_addresses=",
            f"-cunix_socket_directories={self.folder}",
            "-cfsync=off",
        ]
        return [self.programs / "postgres", "-D", self.folder / "data", *settings]

    def tell(self, channel, message):
        self.execute("SELECT pg_notify(%s, %s)", channel, message)

    def execute(self, query, *values):
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(query, values or None)


def children_of(process):
    """The processes that a process has started."""
    listing = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process)], check=False, stdout=subprocess.PIPE
    )
    return [int(child) for child in listing.stdout.split()]


@contextlib.contextmanager
def running(kind):
    """A broker of a kind, with all that it needs; without, the test is skipped."""
    pytest.importorskip({Redis: "redis", Postgres: "psycopg"}[kind])
    if shutil.which("redis-server") is None if kind is Redis else kind.programs is None:
        pytest.skip(f"no server of the kind {kind.__name__} is installed")
    # The path of a socket may have 107 bytes, and that of a test's own folder be longer.
    with tempfile.TemporaryDirectory(prefix="wsgicors-") as folder:
        broker = kind(Path(folder))
        broker.start()
        try:
            yield broker
        finally:
            broker.stop()


def eventually(condition, seconds):
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not hold within {seconds} seconds"
        time.sleep(0.01)
