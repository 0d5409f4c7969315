"""A package index of our own on loopback: a Python wheel, an npm tarball and an editor extension."""

import io
import json
import tarfile
import zipfile
from contextlib import AbstractContextManager

from tests.support.http_server import Handler, serving

WHEEL = "kimchi-1.0-py3-none-any.whl"
TARBALL = "bibimbap-1.0.0.tgz"
EXTENSION = "sikhye-1.0.0.vsix"


def _wheel() -> bytes:
    info = "kimchi-1.0.dist-info"
    files = {
        "kimchi.py": "def taste():\n    return 'kimchi is spicy'\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: kimchi\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    return _zip(files)


def _tarball() -> bytes:
    files = {
        "package/package.json": json.dumps({"name": "bibimbap", "version": "1.0.0", "bin": {"bibimbap": "cli.js"}}),
        "package/cli.js": "#!/usr/bin/env node\nconsole.log('bibimbap is ' + 'mixed')\n",
    }
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), 0o755
            tar.addfile(entry, io.BytesIO(text.encode()))
    return content.getvalue()


def _extension() -> bytes:
    manifest = {"name": "sikhye", "publisher": "tester", "version": "1.0.0", "engines": {"vscode": "^1.80.0"}}
    files = {
        "extension/package.json": json.dumps(manifest),
        "extension.vsixmanifest": """<?xml version="1.0" encoding="utf-8"?>
            <PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
              <Metadata><Identity Language="en-US" Id="sikhye" Version="1.0.0" Publisher="tester"/></Metadata>
              <Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json"/></Assets>
            </PackageManifest>""",
    }
    return _zip(files)


def _zip(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return content.getvalue()


PAGES = {
    "/simple/kimchi/": (b"text/html", f'<a href="/{WHEEL}">{WHEEL}</a>'.encode()),
    f"/{WHEEL}": (b"application/octet-stream", _wheel()),
    f"/{TARBALL}": (b"application/octet-stream", _tarball()),
    f"/{EXTENSION}": (b"application/octet-stream", _extension()),
}


class _Index(Handler):
    def do_GET(self) -> None:
        kind, content = PAGES.get(self.path, (b"text/plain", b""))
        self.send_response(200 if content else 404)
        self.send_header("Content-Type", kind.decode())
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def package_index() -> AbstractContextManager[str]:
    """Serves it; its URL."""
    return serving(_Index)
