"""Who is let in where; at last with several workers, and a Redis of the test's own."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from tenants import create_app

from wsgicors.testing import Browser, CORSError

SHOP = "https://shop.example"
WORKERS = 2


@pytest.fixture
def app(tmp_path):
    return create_app(f"sqlite:///{tmp_path}/tenants.db")


def profile(app, tenant):
    """What a page of the shop reads of a tenant, with its login."""
    browser = Browser(app, origin=SHOP, base_url=f"https://{tenant}.example.com")
    return browser.fetch("/profile", credentials="include").json()


def test_an_origin_is_let_in_where_it_is_allowed(app):
    app.test_cli_runner().invoke(args=["allow", "acme", SHOP])
    assert profile(app, "acme") == {"tenant": "acme"}


def test_an_origin_of_one_tenant_is_not_let_in_at_another(app):
    app.test_cli_runner().invoke(args=["allow", "acme", SHOP])
    profile(app, "acme")
    with pytest.raises(CORSError):
        profile(app, "other")


def test_an_origin_that_is_revoked_is_let_in_no_longer(app):
    app.test_cli_runner().invoke(args=["allow", "acme", SHOP])
    profile(app, "acme")
    app.test_cli_runner().invoke(args=["revoke", "acme", SHOP])
    with pytest.raises(CORSError):
        profile(app, "acme")


@pytest.fixture
def environment(tmp_path):
    """Where the workers and the commands find the database, and a Redis that has just been started."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    path = tmp_path / "redis.sock"
    redis = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", path, "--save", ""])
    while not path.exists():
        time.sleep(0.01)
    places = {"DATABASE_URL": f"sqlite:///{tmp_path}/tenants.db", "REDIS_URL": f"unix://{path}"}
    yield {**os.environ, **places}
    redis.terminate()
    redis.wait()


@pytest.fixture
def command(environment):
    """A command of the application, in a process of its own."""

    def run(*arguments):
        flask = [sys.executable, "-m", "flask", "--app", "tenants", *arguments]
        subprocess.run(flask, check=True, env=environment, cwd=Path(__file__).parent)

    return run


@pytest.fixture
def port(environment):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        place = [f"--bind=fd://{listening.fileno()}", "tenants:create_app()"]
        gunicorn = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", f"--workers={WORKERS}", *place],
            pass_fds=[listening.fileno()],
            env=environment,
            cwd=Path(__file__).parent,
        )
        yield listening.getsockname()[1]
        gunicorn.terminate()
        gunicorn.wait()


def answers(port):
    """Whether the shop is let in, asked so often that each worker has answered."""
    headers = {"Host": "acme.example.com", "Origin": SHOP}
    for _ in range(10 * WORKERS):
        with urlopen(Request(f"http://127.0.0.1:{port}/profile", headers=headers)) as response:
            yield "Access-Control-Allow-Origin" in response.headers


def test_all_workers_hear_of_a_change(command, port):
    command("allow", "acme", SHOP)
    assert all(answers(port))
    command("revoke", "acme", SHOP)
    assert not any(answers(port))
