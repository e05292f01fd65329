"""A sentence for each certificate and key that cannot be served with."""

import subprocess

import pytest

from support.certificates import Authority, openssl
from support.server import Server, slipway_path
from tls_clients import MODELS


def check(*args):
    """`slipway serve --check`. @return (exit code, what it complained of)"""
    done = subprocess.run(
        [slipway_path(), "serve", str(MODELS[0]), "--check", *map(str, args)],
        capture_output=True, text=True, timeout=30,
    )
    return done.returncode, done.stderr


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.fixture
def good(root):
    return root.issue("localhost")


def test_good_files_pass(good):
    assert check(*good.arguments)[0] == 0


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b"", "expected certificates in PEM form (-----BEGIN CERTIFICATE-----), got an empty file"),
        (b"hello", "expected certificates in PEM form (-----BEGIN CERTIFICATE-----), got nothing of"),
        (b"\x30\x82\x01\x01", "got DER"),
        ("KEY", "got a private key"),
        ("CUT", "certificate 1 cannot be read"),
    ],
)
def test_a_certificate_that_is_none(good, tmp_path, content, sentence):
    if content == "KEY":
        content = good.key.read_bytes()
    elif content == "CUT":
        lines = good.certificate.read_bytes().splitlines(keepends=True)
        content = b"".join(lines[:3] + lines[-1:])
    path = write(tmp_path / "server.pem", content)
    code, said = check("--tls-certificate", path, "--tls-key", good.key)
    assert code == 1
    assert f"tls certificate {path}: " in said and sentence in said


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b"", "expected a private key in PEM form (-----BEGIN PRIVATE KEY-----), got an empty file"),
        ("CERTIFICATE", "got a certificate"),
        ("ENCRYPTED", "the key is encrypted and nobody is asked for its passphrase"),
        ("OTHER", 'the key does not belong to certificate "CN=localhost"'),
    ],
)
def test_a_key_that_does_not_serve(root, good, tmp_path, content, sentence):
    path = tmp_path / "server.key"
    if content == "CERTIFICATE":
        content = good.certificate.read_bytes()
    elif content == "ENCRYPTED":
        openssl("pkey", "-in", good.key, "-aes256", "-passout", "pass:secret", "-out", path)
        content = path.read_bytes()
    elif content == "OTHER":
        content = root.issue("localhost").key.read_bytes()
    write(path, content)
    code, said = check("--tls-certificate", good.certificate, "--tls-key", path)
    assert code == 1
    assert f"tls key {path}: " in said and sentence in said


def test_a_weak_key(root):
    code, said = check(*root.issue("localhost", key="weak").arguments)
    assert code == 1
    assert "the key is too weak: RSA of 1024 bits" in said


@pytest.mark.parametrize("curve", ["brainpoolP256r1", "secp256k1", "secp224r1"])
def test_a_key_on_a_curve_that_clients_refuse(root, curve):
    code, said = check(*root.issue("localhost", key=curve).arguments)
    assert code == 1
    assert f"the key is on the curve {curve}, which clients refuse; expected P-256 " in said


@pytest.mark.parametrize("curve", ["P-384", "P-521"])
def test_a_key_on_a_larger_curve_passes(root, curve):
    assert check(*root.issue("localhost", key=curve).arguments)[0] == 0


def test_a_certificate_that_is_signed_with_sha1(root):
    code, said = check(*root.issue("localhost", digest="sha1").arguments)
    assert code == 1
    assert 'certificate "CN=localhost" is signed with SHA1, which clients refuse' in said


@pytest.mark.parametrize(
    "days, sentence", [((-9, -2), 'certificate "CN=localhost" expired at 20'),
                       ((2, 9), 'certificate "CN=localhost" is not valid before 20')])
def test_a_certificate_out_of_its_time(root, days, sentence):
    identity = root.issue("localhost", from_days=days[0], to_days=days[1])
    code, said = check(*identity.arguments)
    assert code == 1
    assert sentence in said


def test_an_incomplete_chain_is_warned_of(issuing):
    code, said = check(*issuing.issue("localhost", with_chain=False).arguments)
    assert code == 0
    assert 'whose issuer "CN=issuing" this machine does not know' in said


def test_a_chain_in_the_wrong_order_is_warned_of(root, issuing, tmp_path):
    own = issuing.issue("localhost", with_chain=False)
    path = write(tmp_path / "chain.pem", own.certificate.read_bytes() + root.certificate.read_bytes())
    code, said = check("--tls-certificate", path, "--tls-key", own.key)
    assert code == 0
    assert 'certificate 2 ("CN=root") did not issue the one before it' in said


def test_files_that_cannot_be_read(good, tmp_path):
    code, said = check("--tls-certificate", "/nowhere.pem", "--tls-key", good.key)
    assert code == 1 and 'tls certificate: "/nowhere.pem"' in said and "No such file" in said
    code, said = check("--tls-certificate", good.certificate, "--tls-key", tmp_path)
    assert code == 1 and "expected a regular file, got a folder" in said
    code, said = check(*good.arguments, "--tls-client-ca", good.key)
    assert code == 1 and "got a private key" in said


def test_half_a_configuration_is_refused(good):
    code, said = check("--tls-certificate", good.certificate)
    assert code == 2 and "expected the file of the certificate's private key" in said
    code, said = check("--tls-key", good.key)
    assert code == 2 and "has no effect without tls.certificate" in said
    code, said = check("--http=https://127.0.0.1:0")
    assert code == 2 and "needs tls.certificate and tls.key" in said


def test_a_server_does_not_start_with_them(root, tmp_path):
    expired = Authority(tmp_path, "old").issue("localhost", from_days=-9, to_days=-2)
    server = Server(MODELS[0], args=expired.arguments, wait_ready=False).start()
    assert server.wait() == 1
    assert "expired at" in server.log_text()
