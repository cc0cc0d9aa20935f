"""Signed provenance of pictures that the tests sign themselves, with certificates made here."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pipelines.media import trust
from pipelines.media.decoder import IsolatedDecoder
from pipelines.media.forensics import read
from pipelines.media.frames import DecodeRequest, Limits
from pipelines.media.sniff import JPEG

from .test_image_facts import saved, scene

_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_GENERATED, _CAPTURED = f"{_TYPES}trainedAlgorithmicMedia", f"{_TYPES}digitalCapture"


class Authority:
    """A certificate authority and one signer under it."""

    def __init__(self) -> None:
        root, self.key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        self.root = self._certificate("Test Root", "Test Root", root, root, is_root=True)
        self.leaf = self._certificate("Test Signer", "Test Root", self.key, root, is_root=False)

    def _certificate(self, name: str, issuer: str, key: Any, by: Any, *, is_root: bool) -> x509.Certificate:
        now = datetime.now(UTC)
        organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Veriscope tests")
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name), organisation]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer), organisation]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
            .add_extension(_usage(is_root), critical=True)
        )
        if not is_root:
            usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
            builder = builder.add_extension(usage, critical=False)
        return builder.sign(by, hashes.SHA256())

    def sign(
        self,
        picture: bytes,
        *,
        ingredient: bytes | None = None,
        source_type: str = _CAPTURED,
        mime: str = "image/jpeg",
    ) -> bytes:
        chain = b"".join(c.public_bytes(serialization.Encoding.PEM) for c in (self.leaf, self.root))
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        info = c2pa.C2paSignerInfo(alg=b"es256", sign_cert=chain, private_key=key, ta_url=None)
        action = {"action": "c2pa.created", "digitalSourceType": source_type}
        manifest = {
            "claim_generator_info": [{"name": "tests", "version": "1"}],
            "assertions": [{"label": "c2pa.actions", "data": {"actions": [action]}}],
        }
        target = io.BytesIO()
        builder = c2pa.Builder(manifest)
        if ingredient is not None:
            about = {"title": "part", "relationship": "componentOf"}
            builder.add_ingredient(json.dumps(about), "image/jpeg", io.BytesIO(ingredient))
        builder.sign(c2pa.Signer.from_info(info), mime, io.BytesIO(picture), target)
        return target.getvalue()


def _usage(is_root: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_root, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=is_root, crl_sign=is_root, encipher_only=False, decipher_only=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


def facts(data: bytes) -> dict[str, Any]:
    return dict(read(data, JPEG, Limits()).values)


def forged(signed: bytes) -> bytes:
    """Changes the picture behind a signature: a byte of its scan."""
    at = len(signed) - 200
    return signed[:at] + bytes([signed[at] ^ 0x01]) + signed[at + 1 :]


def test_a_valid_signature_of_nobody_known_is_worded_so(authority: Authority) -> None:
    found = facts(authority.sign(saved(scene())))
    assert found["details"]["c2pa"]["state"] == "valid signature, unknown signer"
    assert "invalid_signature" not in found["flags"]
    assert "metadata_stripped" not in found["flags"]


def test_a_signer_of_the_trust_list_is_trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trust, "_anchors", authority.root.public_bytes(serialization.Encoding.PEM).decode())
    assert facts(authority.sign(saved(scene())))["details"]["c2pa"]["state"] == "valid signature, trusted signer"


def test_a_picture_changed_after_signing_is_invalid(authority: Authority) -> None:
    found = facts(forged(authority.sign(saved(scene()))))
    assert found["details"]["c2pa"]["state"] == "invalid"
    assert "assertion.dataHash.mismatch" in found["flags"]["invalid_signature"]["value"]


def test_a_forged_ingredient_is_not_plainly_valid(authority: Authority) -> None:
    part = forged(authority.sign(saved(scene(1))))
    found = facts(authority.sign(saved(scene()), ingredient=part))
    assert found["details"]["c2pa"]["state"] == "valid signature over a broken ingredient"
    assert any(code.startswith("ingredient:") for code in found["flags"]["invalid_signature"]["value"])


def test_an_intact_ingredient_raises_nothing(authority: Authority) -> None:
    found = facts(authority.sign(saved(scene()), ingredient=authority.sign(saved(scene(1)))))
    assert found["details"]["c2pa"]["ingredients"] == 1
    assert "invalid_signature" not in found["flags"]


def test_a_signed_declaration_of_generated_media_is_found(authority: Authority) -> None:
    found = facts(authority.sign(saved(scene()), source_type=_GENERATED))
    assert found["flags"]["ai_generator_metadata"]["value"] == ["trainedAlgorithmicMedia"]


async def test_the_trust_list_reaches_the_confined_decoder(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    anchors = tmp_path / "anchors.pem"
    anchors.write_bytes(authority.root.public_bytes(serialization.Encoding.PEM))
    monkeypatch.setenv(trust.TRUST_LIST_VARIABLE, str(anchors))
    async with IsolatedDecoder() as decoder:
        decoded = await decoder.decode(
            authority.sign(saved(scene())), DecodeRequest(frames=0, facts=frozenset(("forensics",)))
        )
    assert decoded.facts["forensics"]["details"]["c2pa"]["state"] == "valid signature, trusted signer"
