"""Serves this folder at http://localhost:8000, until Ctrl+C."""

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PORT = 8000

if __name__ == "__main__":
    folder = Path(__file__).parent
    print(f"Open http://localhost:{PORT}. Ctrl+C ends it.")
    ThreadingHTTPServer(("127.0.0.1", PORT), partial(SimpleHTTPRequestHandler, directory=folder)).serve_forever()
