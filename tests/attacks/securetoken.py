"""Google's keys for Firebase ID tokens, as a function in the cloud finds them over TLS, here through our proxy."""

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.support.http_server import Handler, serving
from tests.support.stack.environment import PROJECT

HOST = "www.googleapis.com"
KID = "the-key-of-today"


class Firebase:
    """Firebase Auth as far as its ID tokens go: one key, published as Google publishes its own."""

    def __init__(self, folder: Path) -> None:
        self._key = _new_key()
        self._folder = folder
        self._certificate = _certificate("securetoken", self._key)

    def token(self, key: rsa.RSAPrivateKey | None = None, kid: Any = KID, **changed: Any) -> str:
        """A member's ID token as Firebase signs it, with some claims changed; None takes a claim away."""
        now = int(time.time())
        claims = {
            "iss": f"https://securetoken.google.com/{PROJECT}", "aud": PROJECT, "sub": "u-cloud", "user_id": "u-cloud",
            "email": "cloud@example.com", "email_verified": True, "auth_time": now, "iat": now, "exp": now + 3600,
            "firebase": {"sign_in_provider": "google.com"},
        }  # fmt: skip
        kept = {name: value for name, value in {**claims, **changed}.items() if value is not None}
        return jwt.encode(kept, key or self._key, algorithm="RS256", headers={"kid": kid})

    @property
    def public_pem(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @contextmanager
    def published(self) -> Iterator[dict[str, str]]:
        """The environment of a function that finds the key at Google's address, and nothing else of the internet."""
        tls, authority = _tls(self._folder)
        certificates = json.dumps({KID: self._certificate.public_bytes(Encoding.PEM).decode()}).encode()

        class Google(Handler):
            def do_CONNECT(self) -> None:
                self.send_response(200)
                self.end_headers()
                with tls.wrap_socket(self.connection, server_side=True) as inner:
                    inner.recv(65536)
                    head = "HTTP/1.1 200 OK\r\nCache-Control: max-age=3600\r\nConnection: close\r\n"
                    inner.sendall(f"{head}Content-Length: {len(certificates)}\r\n\r\n".encode() + certificates)
                self.close_connection = True

        account = self._folder / "account.json"
        account.write_text(json.dumps(_service_account()))
        with serving(Google) as proxy:
            yield {
                "https_proxy": proxy,
                "no_proxy": "127.0.0.1,localhost",
                "REQUESTS_CA_BUNDLE": str(authority),
                "GOOGLE_APPLICATION_CREDENTIALS": str(account),
            }


def _tls(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server that is Google to whoever trusts the authority in the file."""
    key, authority = _new_key(), _new_key()
    pair, trusted = folder / "google.pem", folder / "authority.pem"
    trusted.write_bytes(_certificate("an authority", authority).public_bytes(Encoding.PEM))
    chain = _certificate(HOST, key, issuer="an authority", signed_by=authority).public_bytes(Encoding.PEM)
    pair.write_bytes(chain + _pem(key).encode())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair)
    return context, trusted


def _certificate(
    name: str, key: rsa.RSAPrivateKey, *, issuer: str | None = None, signed_by: rsa.RSAPrivateKey | None = None
) -> x509.Certificate:
    """Its own authority unless somebody else signs it."""
    now = datetime.now(UTC)
    signer = signed_by or key
    return (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer or name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=signed_by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(signer, hashes.SHA256())
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


def _service_account() -> dict[str, str]:
    """The function's own identity. It is read, and never used to verify a token."""
    return {
        "type": "service_account", "project_id": PROJECT, "private_key_id": "1", "private_key": _pem(_new_key()),
        "client_email": f"login@{PROJECT}.iam.gserviceaccount.com", "client_id": "1",
        "token_uri": "https://oauth2.googleapis.com/token",
    }  # fmt: skip


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
