import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from pyswfaws.cli.main import main
from pyswfaws.swflocal import SwfLocal

TARGETS = Path(__file__).parent / 'targets'


@pytest.fixture(scope='module')
def url():
    """The endpoint of a service; a domain of its own keeps each test to itself."""
    with SwfLocal(poll_timeout=1) as swf, swf.serve() as url:
        yield url


@pytest.fixture
def domain(request):
    return request.node.originalname


@pytest.fixture
def call(url, domain, monkeypatch):
    """Call a command in this process, where a traceback would be an error: its result."""
    monkeypatch.chdir(TARGETS)
    monkeypatch.syspath_prepend('')

    def call(*arguments, **environment):
        settings = {'AWS_ENDPOINT_URL_SWF': url, 'PYSWFAWS_DOMAIN': domain, 'PYSWFAWS_TASK_LIST': 'bakery'}
        texts = [str(argument) for argument in arguments]
        return CliRunner().invoke(main, texts, env=settings | environment, catch_exceptions=False)

    return call


@pytest.fixture
def environment(url, domain):
    """Of a process: no settings of the user's, and the service of these tests."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(('AWS_', 'PYSWFAWS_'))}
    return mine | {
        'AWS_EC2_METADATA_DISABLED': 'true', 'AWS_CONFIG_FILE': os.devnull, 'AWS_SHARED_CREDENTIALS_FILE': os.devnull,
        'AWS_ENDPOINT_URL_SWF': url, 'PYSWFAWS_DOMAIN': domain, 'PYSWFAWS_TASK_LIST': 'bakery',
    }


@pytest.fixture
def spawn(environment):
    """Run a command as a process of its own to its end, with `settings` of the environment; None takes one away."""
    def spawn(*arguments, **settings):
        env = {name: value for name, value in (environment | settings).items() if value is not None}
        return subprocess.run(
            [sys.executable, '-m', 'pyswfaws.cli.main', *arguments],
            cwd=TARGETS, env=env, capture_output=True, text=True, timeout=60, check=False,
        )
    return spawn


@pytest.fixture
def gateway(url):
    """Open a gateway to the service of these tests, which denies the operations that it is given."""
    return partial(_gateway, url)


@contextmanager
def _gateway(url, *denied):
    """An endpoint that hands on what it is asked, and denies some operations as AWS does; and what it was asked."""
    asked = set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers['Content-Length']))
            operation = self.headers['X-Amz-Target'].rpartition('.')[2]
            asked.add(operation)
            if operation in denied:
                self.answer(400, json.dumps({
                    '__type': 'com.amazon.coral.service#AccessDeniedException',
                    'message': f'User: me is not authorized to perform: swf:{operation}',
                }).encode())
                return
            try:
                with urllib.request.urlopen(urllib.request.Request(url, body, dict(self.headers))) as found:
                    self.answer(found.status, found.read())
            except urllib.error.HTTPError as error:
                with error:
                    self.answer(error.code, error.read())

        def answer(self, status, body):
            self.send_response(status)      # with the Date
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(('127.0.0.1', 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f'http://127.0.0.1:{server.server_port}', asked
        finally:
            server.shutdown()
            thread.join()
