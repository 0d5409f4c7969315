"""The mail server of the local stack: it takes what a function writes, and shows it without running anything of it."""

import smtplib
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage

import httpx
import pytest

from local.ports import answers, free_base
from tests.support.checkout import ROOT
from tests.support.stack.observe import until


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    smtp = free_base()
    command = [sys.executable, "-m", "local.mailbox", "--smtp", str(smtp), "--http", str(smtp + 1)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        until(lambda: answers(smtp) and answers(smtp + 1), "it listens")
        yield smtp, smtp + 1
        process.terminate()
        assert process.wait(30) == 0


def send(port: int, subject: str, html: str) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ondol@localhost", "ada@example.com", subject
    message.set_content("text")
    message.add_alternative(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as connection:
        connection.send_message(message)


def test_what_is_taken_is_shown_newest_first_and_runs_nothing(ports: tuple[int, int]) -> None:
    smtp, http = ports
    with httpx.Client(base_url=f"http://127.0.0.1:{http}", timeout=60) as browser:
        assert "No mail yet" in browser.get("/").text
        send(smtp, "첫 메일 <b>", "<p>one</p>")
        send(smtp, "second", "<script>alert(1)</script>")
        mails = browser.get("/mails").json()
        assert [(each["subject"], each["to"]) for each in mails] == [
            ("second", "ada@example.com"),
            ("첫 메일 <b>", "ada@example.com"),
        ]
        listed = browser.get("/")
        assert "첫 메일 &lt;b&gt;" in listed.text
        shown = browser.get(f"/mails/{mails[0]['number']}")
        assert shown.text.strip() == "<script>alert(1)</script>"
        for page in (listed, shown):
            policy = page.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "sandbox" in policy
        assert browser.get("/mails/99").status_code == httpx.codes.NOT_FOUND
