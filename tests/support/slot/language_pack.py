"""A language pack that a test makes, and the image's install, which fetches and unpacks it."""

import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tests.support.checkout import ROOT

EXPLORER = "시험 탐색기"
COMMAND = "시험 머리말 설정"
TRANSLATED = {
    "vscode": {"vs/workbench/contrib/files/browser/explorerViewlet": {"explore": EXPLORER}},
    "vscode.markdown-language-features": {"package": {"markdown.openFrontMatterSettings.title": COMMAND}},
}
"""By what is translated, by its module, and by the text's name."""
LOCAL = ROOT / "build/image"
"""What the set-up has installed."""
NEEDED = ("package.json", "package-lock.json", "requirements.txt", "left_out.txt")
PROGRAMS = ("install", "patch.mjs", "compress.mjs", "language_pack.py")


def pack(language: str = "ko", translated: Mapping[str, Mapping[str, Mapping[str, str]]] = TRANSLATED) -> bytes:
    """A .vsix as Open VSX has them."""
    paths = [{"id": name, "path": f"./translations/{name}.i18n.json"} for name in translated]
    localization = {"languageId": language, "languageName": "Korean", "localizedLanguageName": "한국어"}
    manifest = {
        "publisher": "MS-CEINTL",
        "name": f"vscode-language-pack-{language}",
        "version": "1.139.0",
        "contributes": {"localizations": [{**localization, "translations": paths}]},
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("extension.vsixmanifest", "<PackageManifest/>")
        archive.writestr("extension/package.json", json.dumps(manifest))
        for name, contents in translated.items():
            text = json.dumps({"": ["--------"], "version": "1.0.0", "contents": contents})
            # some files of real packs begin like this
            archive.writestr(f"extension/translations/{name}.i18n.json", text.encode("utf-8-sig"))
    return content.getvalue()


def install(into: Path, pinned: str) -> subprocess.CompletedProcess[str]:
    """Installs as for an image, from a checkout that pins `pinned`, what is pinned: the language pack, in
    into/prefix/language_pack. The rest is what the set-up has installed already."""
    checkout, prefix = into / "workspace-image", into / "prefix"
    if not prefix.exists():
        checkout.mkdir(parents=True)
        prefix.mkdir()
        for name in (*NEEDED, *PROGRAMS):
            shutil.copy(ROOT / "workspace-image" / name, checkout)
        for name in ("node", "venv"):
            (prefix / name).symlink_to(LOCAL / name)
    (checkout / "language_pack.txt").write_text(f"# a comment\n{pinned}\n")
    command = [str(checkout / "install"), str(prefix), "pinned"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
