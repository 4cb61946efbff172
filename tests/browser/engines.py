"""The browsers that tests can visit a page with: how each is found, started and ended."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from glob import glob
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest


class Engine(NamedTuple):
    """A browser engine; the words ``{profile}`` and ``{url}`` are filled in when it starts."""

    name: str
    #: What it may be called, the best first: looked for on the PATH, or by an absolute pattern.
    executables: tuple[str, ...]
    arguments: tuple[str, ...]
    #: What starts it in its turn, because it needs a display.
    starter: tuple[str, ...] = ()
    #: What must stand in the profile beforehand, by the name of the file.
    files: Mapping[str, str] = MappingProxyType({})


CHROMIUM = Engine(
    name="chromium",
    executables=("chromium", "chromium-browser", "google-chrome"),
    arguments=(
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-popup-blocking",
        "--ignore-certificate-errors",
        "--user-data-dir={profile}",
        "{url}",
    ),
    # Debian's build blocks third-party cookies, which others do not.
    files={"Default/Preferences": '{"profile": {"cookie_controls_mode": 0}}'},
)

FIREFOX = Engine(
    name="firefox",
    executables=("firefox-esr", "firefox"),
    arguments=("--no-remote", "--profile", "{profile}", "{url}"),
    # It has no WebGL without a screen.
    starter=("xvfb-run", "--auto-servernum"),
    # What it would ask of the network on its own, and show beside the page; and WebGL by software.
    files={
        "user.js": """
            user_pref("browser.aboutwelcome.enabled", false);
            user_pref("browser.safebrowsing.update.enabled", false);
            user_pref("dom.disable_open_during_load", false);
            user_pref("datareporting.policy.dataSubmissionEnabled", false);
            user_pref("network.captive-portal-service.enabled", false);
            user_pref("network.connectivity-service.enabled", false);
            user_pref("webgl.force-enabled", true);
        """
    },
)

WEBKIT = Engine(
    name="webkit",
    executables=(
        "/usr/lib/*/webkit2gtk-4.*/MiniBrowser",
        "/usr/libexec/webkit2gtk-4.*/MiniBrowser",
    ),
    arguments=(
        "--ignore-tls-errors",
        "--javascript-can-open-windows-automatically=true",
        "{url}",
    ),
    starter=("xvfb-run", "--auto-servernum"),
)

ENGINES = (CHROMIUM, FIREFOX, WEBKIT)


class Visit:
    """A browser that has a page open."""

    def __init__(self, engine: Engine, process: subprocess.Popen[bytes], log: Path) -> None:
        self._engine = engine
        self._process = process
        self._log = log

    def wait_until(self, done: Callable[[], object], seconds: float) -> None:
        """Let the page work until it is done; fail if the browser dies or takes too long."""
        deadline = time.monotonic() + seconds
        while not done():
            if self._process.poll() is not None:
                pytest.fail(
                    f"{self._engine.name} ended with {self._process.returncode}: {self.said[-2000:]}"
                )
            if time.monotonic() > deadline:
                pytest.fail(
                    f"nothing more from {self._engine.name} within {seconds} s: {self.said[-2000:]}"
                )
            time.sleep(0.1)

    @property
    def said(self) -> str:
        """What the browser has written to its output."""
        return self._log.read_text(errors="replace")


@contextmanager
def visiting(engine: Engine, url: str, files: Mapping[str, str] | None = None) -> Iterator[Visit]:
    """Open a page in a fresh profile; skip the test, with the reason, if there is no browser.

    :param files: what must stand in the profile beside what the engine needs.
    """
    command = _command(engine)
    with _profile({**engine.files, **(files or {})}) as folder:
        arguments = [word.format(profile=folder, url=url) for word in engine.arguments]
        log = Path(folder, "browser.log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, *arguments],
                stdout=output,
                stderr=output,
                # Of its own, so that a browser's many helpers can be ended together.
                start_new_session=True,
                env={**os.environ, "HOME": folder, "TMPDIR": folder},
            )
        try:
            yield Visit(engine, process, log)
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a browser with all its helpers; asked first, its display leaves no lock behind."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        # Nobody is left of a browser that died on its own.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        time.sleep(0.2)
    process.wait()


@contextmanager
def _profile(files: Mapping[str, str]) -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="wsgicors-")
    for name, text in files.items():
        path = Path(folder, name)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    try:
        yield folder
    finally:
        # A helper process may still be writing while it dies.
        shutil.rmtree(folder, ignore_errors=True)


def _command(engine: Engine) -> list[str]:
    starter = [_found(engine, (name,)) for name in engine.starter[:1]]
    return [*starter, *engine.starter[1:], _found(engine, engine.executables)]


def major_version(engine: Engine) -> int:
    """The first number of the release of a browser that tells it, as Chromium and Firefox do."""
    command = [_found(engine, engine.executables), "--version"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    return int(re.search(r"\d+", told)[0])


def _found(engine: Engine, names: tuple[str, ...]) -> str:
    for name in names:
        # A pattern that fits nothing is looked for as it is, and not found.
        path = shutil.which((*sorted(glob(name)), name)[0])  # noqa: PTH207 - it may be absolute
        if path:
            return path
    pytest.skip(f"{engine.name} cannot be started here: looked for {', '.join(names)}")
