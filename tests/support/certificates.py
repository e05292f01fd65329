"""Certificates made by the `openssl` command, which is on every machine that builds Slipway.

    root = Authority(folder, "root")
    issuing = Authority(folder, "issuing", issuer=root)
    server = issuing.issue("localhost")     # server.certificate, server.key: paths of PEM files
"""

import dataclasses
import datetime
import os
import pathlib
import subprocess

_KEYS = {
    "ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "rsa": ["-newkey", "rsa:2048"],
    "weak": ["-newkey", "rsa:1024"],
    **{
        curve: ["-newkey", "ec", "-pkeyopt", f"ec_paramgen_curve:{curve}"]
        for curve in ("brainpoolP256r1", "secp256k1", "secp224r1", "P-384", "P-521")
    },
}
_CONFIG = """
[ca]
default_ca = here
[here]
database = {folder}/index.txt
new_certs_dir = {folder}
serial = {folder}/serial
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
[req]
distinguished_name = any
"""


def openssl(*arguments):
    """Runs the command; AssertionError with its complaint when it fails."""
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclasses.dataclass
class Issued:
    certificate: pathlib.Path  # followed by the intermediate authorities
    key: pathlib.Path

    @property
    def arguments(self):
        return ["--tls-certificate", self.certificate, "--tls-key", self.key]

    def replace(self, other):
        """Puts the other's files in place of these, each by a rename, the key last."""
        for mine, theirs in ((self.certificate, other.certificate), (self.key, other.key)):
            fresh = mine.with_suffix(".new")
            fresh.write_bytes(theirs.read_bytes())
            os.replace(fresh, mine)


class Authority:
    """Self-signed, or issued by another. Its files lie in a folder of its own."""

    def __init__(self, folder, name, issuer=None, key="ec"):
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir()
        (self.folder / "index.txt").touch()
        self._config = self.folder / "openssl.cnf"
        self._config.write_text(_CONFIG.format(folder=self.folder), encoding="utf-8")
        self.certificate = self.folder / "authority.pem"
        self.key = self.folder / "authority.key"
        extensions = "basicConstraints=critical,CA:TRUE"
        if issuer is None:
            openssl("req", "-x509", *_KEYS[key], "-nodes", "-keyout", self.key, "-subj",
                    f"/CN={name}", "-days", 30, "-addext", extensions, "-out", self.certificate,
                    "-config", self._config)
            self.chain = b""
        else:
            issuer._sign(name, self.key, self.certificate, extensions, key, -1, 30)
            self.chain = self.certificate.read_bytes() + issuer.chain

    def issue(self, name, key="ec", from_days=-1, to_days=20, with_chain=True, digest="sha256"):
        """A certificate for `name`, localhost and 127.0.0.1; its validity in days from now."""
        serial = len(list(self.folder.glob("*.crt")))
        certificate = self.folder / f"{name}-{serial}.crt"
        key_file = certificate.with_suffix(".key")
        extensions = f"subjectAltName=DNS:{name},DNS:localhost,IP:127.0.0.1"
        self._sign(name, key_file, certificate, extensions, key, from_days, to_days, digest)
        if with_chain:
            certificate.write_bytes(certificate.read_bytes() + self.chain)
        return Issued(certificate, key_file)

    def _sign(self, name, key_file, certificate, extensions, key, from_days, to_days, digest="sha256"):
        request = certificate.with_suffix(".csr")
        extension_file = certificate.with_suffix(".ext")
        extension_file.write_text(extensions + "\n", encoding="utf-8")
        openssl("req", "-new", *_KEYS[key], "-nodes", "-keyout", key_file, "-subj", f"/CN={name}",
                "-out", request, "-config", self._config)
        now = datetime.datetime.now(datetime.timezone.utc)
        begin, end = (
            (now + datetime.timedelta(days=days)).strftime("%Y%m%d%H%M%SZ")
            for days in (from_days, to_days)
        )
        openssl("ca", "-batch", "-config", self._config, "-in", request, "-cert", self.certificate,
                "-keyfile", self.key, "-md", digest, "-startdate", begin, "-enddate", end, "-notext",
                "-extfile", extension_file, "-out", certificate)
