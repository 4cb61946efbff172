"""WSGI applications that nobody here has written, served: ``python tests/wsgi_programs.py hgweb PORT``.

Each is set up in the current folder. A request with ``X-Bare`` goes past the middleware.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from waitress import serve

from wsgicors import CORSMiddleware

HERE = Path.cwd()


def tool(name, *arguments):
    """Run a program of the environment that this Python is of."""
    program = Path(sys.executable).with_name(name)
    subprocess.run([program, *arguments], check=True, stdout=subprocess.DEVNULL)


def hgweb():
    """Mercurial: a repository that is well, and one that is broken."""
    from mercurial.hgweb import hgweb as package

    tool("hg", "init", "well")
    (HERE / "well/a.txt").write_text("hello")
    tool("hg", "commit", "-R", "well", "-q", "-A", "-m", "first", "-u", "somebody")
    shutil.copytree("well", "broken")
    (HERE / "broken/.hg/store/00changelog.i").write_text("broken")
    (HERE / "hgweb.config").write_text("[paths]\n/ = *\n")
    return package(b"hgweb.config")


def radicale():
    """A server for calendars, over WebDAV."""
    settings = HERE / "settings"
    settings.write_text(f"[storage]\nfilesystem_folder = {HERE}\n[auth]\ntype = none\n")
    os.environ["RADICALE_CONFIG"] = str(settings)
    from radicale import application

    return application


def wsgidav():
    """Files over WebDAV, which it streams."""
    from wsgidav.wsgidav_app import WsgiDAVApp

    (HERE / "files").mkdir()
    (HERE / "files/a.txt").write_text("hello" * 100_000)
    everybody = {"user_mapping": {"*": True}}
    return WsgiDAVApp({"provider_mapping": {"/": "files"}, "simple_dc": everybody, "verbose": 1})


def pypiserver():
    """An index of packages, made with Bottle."""
    import pypiserver as package

    (HERE / "packages").mkdir()
    (HERE / "packages/hello-1.0.tar.gz").write_bytes(b"hello")
    return package.app(roots=[HERE / "packages"], disable_fallback=True)


def klaus():
    """Git repositories, shown with Flask."""
    from dulwich import porcelain
    from klaus import make_app

    porcelain.init("repository")
    (HERE / "repository/a.txt").write_text("hello")
    porcelain.add("repository", HERE / "repository/a.txt")
    # Long ago: a page says how long, and two pages must say the same.
    porcelain.commit(
        "repository", b"first", author=b"a <a@a>", committer=b"a <a@a>", commit_timestamp=1e9
    )
    return make_app(["repository"], "site")


def roundup():
    """An issue tracker, which sends what it has by ``write()``."""
    from roundup.cgi.wsgi_handler import RequestDispatcher

    named = "tracker_web=http://localhost/,mail_domain=localhost,mail_host=localhost"
    tool("roundup-admin", "-i", "tracker", "install", "minimal", "anydbm", named)
    tool("roundup-admin", "-i", "tracker", "initialise", "secret")
    return RequestDispatcher("tracker")


def kinto():
    """A store of documents, which shares them with everybody by itself."""
    import kinto as package

    memory = {
        f"{kind}_backend": f"kinto.core.{kind}.memory"
        for kind in ("storage", "cache", "permission")
    }
    return package.main({}, userid_hmac_secret="secret", **memory)


def beside_the_middleware(app):
    governed = CORSMiddleware(
        app,
        allow_origins=["https://app.example.com"],
        allow_methods=["GET", "PUT", "PROPFIND", "MKCOL"],
        allow_headers=["Depth"],
        expose_headers=["ETag"],
        answer_exceptions=True,
    )

    def application(environ, start_response):
        return (app if "HTTP_X_BARE" in environ else governed)(environ, start_response)

    return application


if __name__ == "__main__":
    _, name, port = sys.argv
    serve(beside_the_middleware(globals()[name]()), listen=f"127.0.0.1:{port}")
