"""Brings the language pack that a file pins: `language_pack.py PIN EDITOR FOLDER RUNS_AT`.

EDITOR is the editor's `out`. FOLDER gets what VS Code would make of the pack in its user data at the first visit, so
that no visit waits for it: languagepacks.json, the pack, and the editor's messages in the pack's language. RUNS_AT is
where a container sees FOLDER. Nothing is in FOLDER if nothing is pinned or the pack can't be fetched, which one line
says; another file than the pinned one is an error.
"""

import gzip
import hashlib
import http.client
import json
import sys
import urllib.request
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

LANGUAGE = "ko"
FETCH_SECONDS = 60
ENGLISH = "The editor's menus stay English"


def main() -> None:
    pin, editor, folder, runs_at = map(Path, sys.argv[1:])
    lines = [line.split() for line in pin.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#")]
    match lines:
        case []:
            print(f"{ENGLISH}: {pin.name} pins no language pack.")
        case [[sha256, url]]:
            try:
                pack = fetched(url)
            except (OSError, http.client.HTTPException) as error:
                print(f"{ENGLISH}: {url} can't be fetched ({error}). Install again when it can.")
                return
            if hashlib.sha256(pack).hexdigest() != sha256:
                sys.exit(f"{url} has the sha256 {hashlib.sha256(pack).hexdigest()}, and {pin.name} pins {sha256}.")
            print(unpack(pack, sha256, editor, folder, runs_at))
        case _:
            sys.exit(f"{pin.name} needs one line: the sha256 and the address of a language pack.")


def fetched(url: str) -> bytes:
    request = urllib.request.Request(url, headers={"User-Agent": "ondol"})  # noqa: S310  the operator's own address
    with urllib.request.urlopen(request, timeout=FETCH_SECONDS) as answer:  # noqa: S310
        content: bytes = answer.read()
        return content


def unpack(pack: bytes, sha256: str, editor: Path, folder: Path, runs_at: Path) -> str:
    """What was done."""
    with zipfile.ZipFile(BytesIO(pack)) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith("extension/")])
    manifest = read(folder / "extension/package.json")
    localizations = manifest.get("contributes", {}).get("localizations", [])
    found = next((each for each in localizations if each["languageId"] == LANGUAGE), None)
    if found is None:
        sys.exit(f"The pinned file is no language pack for {LANGUAGE}.")
    paths = {each["id"]: Path("extension", each["path"]) for each in found["translations"]}
    translations = {name: str(runs_at / path) for name, path in paths.items()}

    # as VS Code's resolveNLSConfiguration makes and finds them
    product = read(editor.parent / "product.json")
    cache = folder / "clp" / f"{sha256}.{LANGUAGE}"
    of_this_editor = cache / (product.get("nlsMetadataHash") or product["commit"])
    of_this_editor.mkdir(parents=True)
    texts = messages(editor, read(folder / paths["vscode"])["contents"])
    translated = json.dumps([text or english for text, english in texts], ensure_ascii=False)
    (of_this_editor / "nls.messages.json").write_text(translated, "utf-8")
    script = f'globalThis._VSCODE_NLS_MESSAGES={translated};\nglobalThis._VSCODE_NLS_LANGUAGE="{LANGUAGE}";\n'.encode()
    (of_this_editor / "nls.messages.js").write_bytes(script)
    (of_this_editor / "nls.messages.js.gz").write_bytes(gzip.compress(script, 9, mtime=0))
    (cache / "tcf.json").write_text(json.dumps(translations), "utf-8")
    identifier = {"id": f"{manifest['publisher']}.{manifest['name']}".lower()}
    entry = {
        "hash": sha256,
        "extensions": [{"extensionIdentifier": identifier, "version": manifest["version"]}],
        "translations": translations,
        "label": found.get("localizedLanguageName", LANGUAGE),
    }
    (folder / "languagepacks.json").write_text(json.dumps({LANGUAGE: entry}, ensure_ascii=False), "utf-8")
    count = sum(1 for text, _ in texts if text)
    return f"{manifest['name']} {manifest['version']} has {count} of the editor's {len(texts)} texts."


def messages(editor: Path, contents: dict[str, dict[str, str]]) -> list[tuple[str | None, str]]:
    """The editor's texts by their number: the pack's, if it has it, and the English one."""
    keys = [(module, key) for module, keys in read(editor / "nls.keys.json") for key in keys]
    english = read(editor / "nls.messages.json")
    return [(contents.get(module, {}).get(key), text) for (module, key), text in zip(keys, english, strict=True)]


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8-sig"))


if __name__ == "__main__":
    main()
