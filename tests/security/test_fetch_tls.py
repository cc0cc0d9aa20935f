"""Fetching over TLS: certificates are verified against the name that was asked for."""

import datetime
import ipaddress
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipelines.media.fetch import GuardedClient, UrlFailed
from tests.security.fetching import LOCAL, OK, Names, serving


@pytest.fixture
def certify(tmp_path: Path) -> Callable[[x509.GeneralName], tuple[ssl.SSLContext, ssl.SSLContext]]:
    """Makes a self-signed certificate: contexts for a server that holds it and a client that trusts it alone."""

    def make(name: x509.GeneralName) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([name]), critical=False)
            .sign(key, hashes.SHA256())
        )
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (tmp_path / "both.pem").write_bytes(pem + secret)
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(tmp_path / "both.pem")
        return server, ssl.create_default_context(cadata=pem.decode())

    return make


async def test_tls_is_verified_against_the_name_though_the_connection_goes_to_an_address(certify) -> None:
    server_tls, client_tls = certify(x509.DNSName("media.example"))
    async with serving({"/": OK}, tls=server_tls) as server:
        client = GuardedClient(LOCAL, resolver=Names(["127.0.0.1"]), ssl_context=client_tls)
        assert await client.fetch(f"https://media.example:{server.port}/", 100) == b"hello"


async def test_a_certificate_of_another_name_is_refused(certify) -> None:
    server_tls, client_tls = certify(x509.DNSName("media.example"))
    async with serving({"/": OK}, tls=server_tls) as server:
        client = GuardedClient(LOCAL, resolver=Names(["127.0.0.1"]), ssl_context=client_tls)
        with pytest.raises(UrlFailed):
            await client.fetch(f"https://other.example:{server.port}/", 100)


async def test_tls_to_a_literal_address_is_verified_against_that_address(certify) -> None:
    server_tls, client_tls = certify(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    async with serving({"/": OK}, tls=server_tls) as server:
        assert (
            await GuardedClient(LOCAL, ssl_context=client_tls).fetch(f"https://127.0.0.1:{server.port}/", 9) == b"hello"
        )
