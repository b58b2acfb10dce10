"""A certificate authority of this run, and the signing certificate of its "SNS".

The deployed function trusts it through SNS_TRUST_ANCHORS and finds the certificate through SNS_CERTIFICATES, so its
signature check runs unmodified. The keys never leave the folder of the run.
"""

import base64
import datetime
import secrets
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ROOT = "root.pem"
KEY = "signing-key.pem"
CERTIFICATE = "SimpleNotificationService-*.pem"
DIGESTS = {"1": hashes.SHA1(), "2": hashes.SHA256()}


def name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(subject: str, issuer: str, public_key, extensions) -> x509.CertificateBuilder:
    """What root and leaf share: a validity around the run and a random serial number."""
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(days=2))
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder


def key_usage(*, sign: bool = False, certify: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        key_cert_sign=certify,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def create(folder: Path) -> None:
    """Writes a new root, a signing certificate under it, and the key of the latter."""
    folder.mkdir(parents=True, exist_ok=True)
    root_name = "mail-feedback end-to-end root"
    root_key, key = rsa_key(), rsa_key()
    root = certificate(
        root_name,
        root_name,
        root_key.public_key(),
        [(x509.BasicConstraints(ca=True, path_length=None), True), (key_usage(certify=True), True)],
    ).sign(root_key, hashes.SHA256())
    leaf = certificate(
        "sns.amazonaws.com",
        root_name,
        key.public_key(),
        [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (key_usage(sign=True), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
            (x509.SubjectAlternativeName([x509.DNSName("sns.amazonaws.com")]), False),
        ],
    ).sign(root_key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    (folder / ROOT).write_bytes(root.public_bytes(pem))
    (folder / CERTIFICATE.replace("*", secrets.token_hex(16))).write_bytes(leaf.public_bytes(pem))
    (folder / KEY).write_bytes(private_pem(key))


def private_pem(key: rsa.RSAPrivateKey) -> bytes:
    form, encryption = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, encryption)


class Signer:
    """Signs the same fields as SNS, in the same way."""

    SIGNED = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")

    def __init__(self, key: rsa.RSAPrivateKey, certificate_name: str):
        self.key = key
        self.certificate_name = certificate_name

    @classmethod
    def of(cls, folder: Path) -> "Signer":
        """The signer whose certificate is in a folder that `create` filled."""
        key = serialization.load_pem_private_key((folder / KEY).read_bytes(), password=None)
        return cls(key, next(folder.glob(CERTIFICATE)).name)

    def impostor(self) -> "Signer":
        """A signer with another key but the name of the genuine certificate."""
        return Signer(rsa_key(), self.certificate_name)

    def sign(self, envelope: dict, version: str = "2") -> dict:
        """Adds signature and certificate to the envelope; absent or null values are not signed."""
        signed = "".join(f"{key}\n{envelope[key]}\n" for key in self.SIGNED if envelope.get(key) is not None)
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), DIGESTS[version])
        region = envelope["TopicArn"].split(":")[3]
        return envelope | {
            "SignatureVersion": version,
            "Signature": base64.b64encode(signature).decode(),
            "SigningCertURL": f"https://sns.{region}.amazonaws.com/{self.certificate_name}",
        }
