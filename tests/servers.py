"""How each server is started with the applications of ``served_site``, on a free port of this machine.

A table for the servers of Python, one for those of Debian that stand in front of them. In what is
run, ``PORT``, ``BEHIND`` (the port of the server behind) and ``FOLDER`` (a temporary one) are
filled in.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
#: What the applications are made of, for a server with a Python of its own.
DISTRIBUTED = (
    "wsgicors publicsuffixlist flask werkzeug jinja2 markupsafe click itsdangerous blinker"
)

# --- servers that are Python packages: what they need, and what Python is told to run ------------

PYTHON = {
    "gunicorn-sync": (
        "gunicorn",
        "-m gunicorn --bind=127.0.0.1:PORT --log-level=warning served_site",
    ),
    "gunicorn-gthread": (
        "gunicorn",
        "-m gunicorn --threads=4 --bind=127.0.0.1:PORT --log-level=warning served_site",
    ),
    "gunicorn-gevent": (
        "gunicorn gevent",
        "-m gunicorn -k gevent --bind=127.0.0.1:PORT --log-level=warning served_site",
    ),
    "waitress": ("waitress", "-m waitress --listen=127.0.0.1:PORT served_site:application"),
    "cheroot": ("cheroot", "-m cheroot --bind=127.0.0.1:PORT served_site:application"),
    "hypercorn": ("hypercorn", "-m hypercorn --bind=127.0.0.1:PORT wsgi:served_site:application"),
    "granian": ("granian", "-m granian --interface=wsgi --port=PORT served_site:application"),
    "uvicorn-a2wsgi": (
        "uvicorn a2wsgi",
        """-c '
import uvicorn, a2wsgi, served_site
uvicorn.run(a2wsgi.WSGIMiddleware(served_site.application), port=PORT, log_level="error")'""",
    ),
    "gevent": (
        "gevent",
        """-c '
from gevent import pywsgi
from served_site import application
pywsgi.WSGIServer(("127.0.0.1", PORT), application, log=None).serve_forever()'""",
    ),
    "twisted": (
        "twisted",
        """-c '
from twisted.internet import reactor
from twisted.web import server, wsgi
from served_site import application
site = server.Site(wsgi.WSGIResource(reactor, reactor.getThreadPool(), application))
reactor.listenTCP(PORT, site, interface="127.0.0.1")
reactor.run()'""",
    ),
    "werkzeug": (
        "werkzeug",
        """-c '
from werkzeug.serving import run_simple
from served_site import application
run_simple("127.0.0.1", PORT, application, threaded=True)'""",
    ),
    "wsgiref": (
        "wsgiref",
        """-c '
from wsgiref.simple_server import make_server
from served_site import application
make_server("127.0.0.1", PORT, application).serve_forever()'""",
    ),
    "flup": (
        "flup",
        """-c '
from flup.server.fcgi import WSGIServer
from served_site import application
WSGIServer(application, bindAddress=("127.0.0.1", PORT)).run()'""",
    ),
}
UWSGI = (
    "uwsgi --need-app --disable-logging --die-on-term --threads=4 --module=served_site:application"
)

# --- servers that Debian brings -------------------------------------------------------------------

NGINX = """
daemon off;
user root;
pid FOLDER/pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path FOLDER/body;
    proxy_temp_path FOLDER/proxy;
    fastcgi_temp_path FOLDER/fastcgi;
    uwsgi_temp_path FOLDER/uwsgi;
    scgi_temp_path FOLDER/scgi;
    proxy_cache_path FOLDER/cache keys_zone=answers:1m;
    server {
        listen 127.0.0.1:PORT;
        location / {
            HANDLER
        }
    }
}
"""
PROXIED = (
    'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://127.0.0.1:BEHIND;'
)
CACHED = f'proxy_cache answers; add_header X-Cache "$upstream_cache_status" always; {PROXIED}'
FASTCGI = """
include /etc/nginx/fastcgi_params;
fastcgi_param SCRIPT_NAME "";
fastcgi_param PATH_INFO $uri;
fastcgi_pass 127.0.0.1:BEHIND;
"""
BY_UWSGI = "include /etc/nginx/uwsgi_params; uwsgi_pass 127.0.0.1:BEHIND;"

APACHE = """
ServerRoot FOLDER
DefaultRuntimeDir FOLDER
PidFile FOLDER/pid
ErrorLog FOLDER/error.log
ServerName localhost
Listen 127.0.0.1:PORT
User www-data
Group www-data
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
<Directory FOLDER>
    Require all granted
</Directory>
"""
MOD_WSGI = """
LoadModule wsgi_module /usr/lib/apache2/modules/mod_wsgi.so
WSGISocketPrefix FOLDER/wsgi
WSGIDaemonProcess site threads=4 python-path=FOLDER
WSGIProcessGroup site
WSGIApplicationGroup %{GLOBAL}
WSGIScriptAlias / FOLDER/served_site.py
"""
CGI = """
LoadModule alias_module /usr/lib/apache2/modules/mod_alias.so
LoadModule cgid_module /usr/lib/apache2/modules/mod_cgid.so
ScriptSock FOLDER/cgid
ScriptAlias / FOLDER/site.cgi/
"""
CGI_SCRIPT = """#!/usr/bin/python3
from wsgiref.handlers import CGIHandler
from served_site import application
CGIHandler().run(application)
"""


# --- starting them, and stopping them ---------------------------------------------------------------


@contextlib.contextmanager
def served(name):
    """Start a server by its name, and say on which port of this machine it listens."""
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        folder = Path(place)
        folder.chmod(0o755)  # Apache gives up being root
        yield SERVERS[name](stack, folder)


def python_server(name):
    needs, arguments = PYTHON[name]

    def start(stack, folder):
        for module in needs.split():
            pytest.importorskip(module)
        return running(stack, folder, [sys.executable, *shlex.split(arguments)])

    return start


def uwsgi(protocol):
    def start(stack, folder):
        return running(stack, folder, f"{UWSGI} --{protocol}=127.0.0.1:PORT".split())

    return start


def nginx(handler, behind):
    def start(stack, folder):
        needed("nginx")
        settings = NGINX.replace("HANDLER", handler.replace("BEHIND", str(behind(stack, folder))))
        return configured(stack, folder, "nginx", settings, "-c")

    return start


def varnish(behind):
    def start(stack, folder):
        needed("varnishd")
        backend = f"-b 127.0.0.1:{behind(stack, folder)}"
        command = f"varnishd -F -a 127.0.0.1:PORT {backend} -n FOLDER/varnish"
        return running(stack, folder, command.split())

    return start


def apache(settings):
    def start(stack, folder):
        needed("apache2")
        copy_of_the_site(folder)
        return configured(stack, folder, "apache2", APACHE + settings, "-D", "FOREGROUND", "-f")

    return start


def copy_of_the_site(folder):
    """What another user of this machine, with Debian's Python, can load."""
    shutil.copy(HERE / "served_site.py", folder)
    for package in DISTRIBUTED.split():
        (place,) = find_spec(package).submodule_search_locations
        shutil.copytree(place, folder / package)
    script = folder / "site.cgi"
    script.write_text(CGI_SCRIPT)
    script.chmod(0o755)


def configured(stack, folder, program, settings, *options):
    file = folder / f"{program}.conf"
    return running(stack, folder, [program, *options, str(file)], {file: settings})


def running(stack, folder, command, files=None):
    """Run a command until the stack unwinds, and wait until it listens."""
    port = free_port()

    def filled(text):
        return text.replace("PORT", str(port)).replace("FOLDER", str(folder))

    for file, text in (files or {}).items():
        file.write_text(filled(text))
    program = needed(command[0])
    path = os.pathsep.join([str(HERE), *filter(None, sys.path)])
    log = stack.enter_context((folder / f"{port}.log").open("w+"))
    process = subprocess.Popen(
        [program, *map(filled, command[1:])],
        env={**os.environ, "PYTHONPATH": path},
        cwd=folder,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    stack.callback(stop, process)
    wait_until_listening(port, process, log)
    return port


def needed(program):
    """The path of a program, which may be one of the virtual environment or of the system's own."""
    places = [str(Path(sys.executable).parent), os.environ["PATH"], "/usr/sbin"]
    return shutil.which(program, path=os.pathsep.join(places)) or pytest.skip(f"no {program} here")


def free_port():
    """A port that no other program is handed meanwhile: systems hand out those from 32768 upwards."""
    while True:
        port = secrets.choice(range(20000, 32000))
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def wait_until_listening(port, process, log):
    deadline = time.monotonic() + 90  # some set up what they serve, and other tests run beside them
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    log.seek(0)
    pytest.fail(f"{process.args[0]} does not listen:\n{log.read()}")


def stop(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


GUNICORN = python_server("gunicorn-gthread")
SERVERS = {
    **{name: python_server(name) for name in PYTHON if name != "flup"},
    "uwsgi": uwsgi("http-keepalive --http"),
    "mod_wsgi": apache(MOD_WSGI),
    "cgi": apache(CGI),
    "nginx-proxy": nginx(PROXIED, GUNICORN),
    "nginx-cache": nginx(CACHED, GUNICORN),
    "nginx-fastcgi-flup": nginx(FASTCGI, python_server("flup")),
    "nginx-fastcgi-uwsgi": nginx(FASTCGI, uwsgi("fastcgi-socket")),
    "nginx-uwsgi": nginx(BY_UWSGI, uwsgi("socket")),
    "varnish": varnish(GUNICORN),
}
#: Those that the ordinary tests bring; each other one is for the environment "servers".
LIGHT = ("gunicorn-gthread", "werkzeug", "wsgiref")
