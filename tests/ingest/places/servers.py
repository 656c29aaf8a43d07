"""Real servers for tests: each in a folder of its own, on a free port of the loopback, ended by its process id."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.conftest import needs

PATIENCE = 60.0
"""Seconds that a server may take to answer."""


@dataclass(frozen=True)
class Database:
    """A running database server and how its owner writes into it."""

    place: dict[str, Any]
    owner: Callable[[], Any]
    certificate: Path | None = None


@dataclass
class SftpServer:
    """A running OpenSSH server with one folder."""

    folder: Path
    host_key: str
    port: int
    user: str
    password: str
    key: str
    process: subprocess.Popen[bytes]

    def drop(self) -> int:
        """End every open connection (all processes below the server's own); returns how many processes that were."""
        below = descendants(self.process.pid)
        for child in below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        return len(below)

    def place(self, **extra: Any) -> dict[str, Any]:
        """A connection to its folder: key login, host key pinned."""
        return {
            "conn_type": "sftp", "host": "127.0.0.1", "port": self.port, "login": self.user,
            "extra": {"path": str(self.folder), "host_key": self.host_key, "private_key": self.key, "settle_seconds": 0}
            | extra,
        }  # fmt: skip


def descendants(process: int) -> list[int]:
    """Process ids of everything that a process started, and they in turn."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [each for child in map(int, children) for each in (child, *descendants(child))]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextlib.contextmanager
def folder_of(user: str | None) -> Iterator[Path]:
    """A short folder that belongs to a user: pytest's own are closed to others, and sockets need short paths."""
    path = Path(tempfile.mkdtemp(prefix="xubao-"))
    if user:
        shutil.chown(path, user)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def running(
    command: list[str], answers: Callable[[], object], user: str | None, log: Path, patience: float = PATIENCE
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ready once `answers` raises nothing; ended by its id."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, user=user, cwd="/", start_new_session=True)
    try:
        until = time.monotonic() + patience
        while True:
            try:
                answers()
                break
            except Exception as error:
                told = log.read_text(errors="replace")
                assert process.poll() is None, f"{command[0]} ended:\n{told}"
                assert time.monotonic() < until, f"{command[0]} does not answer ({error}):\n{told}"
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def unprivileged(*names: str) -> str | None:
    """The first of these users that exists if we are root; None (ourselves) if we are not."""
    if os.getuid() != 0:
        return None
    known = {user.pw_name for user in pwd.getpwall()}
    return next(name for name in names if name in known)


def make_certificate(folder: Path, name: str = "server") -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that vouches for itself, and its key, as PEM files."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import IPv4Address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2)).not_valid_after(now + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    paths[1].write_bytes(key.private_bytes(*pem))
    paths[1].chmod(0o600)
    return paths


@contextlib.contextmanager
def postgres() -> Iterator[Database]:
    import psycopg

    initdb, server = needs("initdb"), needs("postgres")
    user, port, password = unprivileged("postgres", "nobody"), free_port(), secrets.token_hex(8)
    with folder_of(user) as folder:
        given = folder / "password"
        given.write_text(password)
        certificate, key = make_certificate(folder)
        if user:
            shutil.chown(key, user)
            shutil.chown(given, user)
        data = str(folder / "data")
        options = ["-U", "owner", "-A", "scram-sha-256", f"--pwfile={given}", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run([initdb, "-D", data, *options], check=True, capture_output=True, user=user, cwd="/")
        settings = {
            "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off",
            "ssl": "on", "ssl_cert_file": certificate, "ssl_key_file": key, "timezone": "America/New_York",
        }  # fmt: skip
        command = [
            str(server),
            "-D",
            data,
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        ]

        def owner() -> Any:
            return psycopg.connect(
                host="127.0.0.1", port=port, user="owner", password=password, dbname="postgres", autocommit=True
            )

        with running(command, lambda: owner().close(), user, folder / "log"):
            with owner() as opened:
                opened.execute("create role reader login password 'PasswordNobodySees'")
                opened.execute("alter default privileges grant select on tables to reader")
            place = {
                "conn_type": "postgres", "host": "127.0.0.1", "port": port, "login": "reader",
                "password": "PasswordNobodySees", "schema": "postgres",
            }  # fmt: skip
            yield Database(place, owner, certificate)


@contextlib.contextmanager
def mariadb() -> Iterator[Database]:
    import pymysql

    needs("my_print_defaults")
    install, server = needs("mariadb-install-db"), needs("mariadbd")
    user, port = unprivileged("mysql", "nobody"), free_port()
    with folder_of(user) as folder:
        data, sock = folder / "data", folder / "sock"
        certificate, key = make_certificate(folder)
        if user:
            shutil.chown(key, user)
        options = ["--no-defaults", f"--datadir={data}"]
        made = [str(install), *options, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(made, check=True, capture_output=True, user=user, cwd="/")
        settings = [
            f"--socket={sock}", f"--port={port}", "--bind-address=127.0.0.1", "--sql-mode=", f"--pid-file={folder / 'pid'}",
            f"--ssl-cert={certificate}", f"--ssl-key={key}", "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=32M", "--default-time-zone=-05:00", "--skip-name-resolve",
        ]  # fmt: skip

        def owner(database: str | None = "dms") -> Any:
            return pymysql.connect(
                unix_socket=str(sock), user="root", database=database, charset="utf8mb4", autocommit=True
            )

        with running([str(server), *options, *settings], lambda: owner(None).close(), user, folder / "log"):
            with owner(None) as opened, opened.cursor() as cursor:
                cursor.execute("create database dms character set utf8mb4")
                cursor.execute("create user reader@'127.0.0.1' identified by 'PasswordNobodySees'")
                cursor.execute("grant all on dms.* to reader@'127.0.0.1'")
            place = {
                "conn_type": "mysql", "host": "127.0.0.1", "port": port, "login": "reader",
                "password": "PasswordNobodySees", "schema": "dms",
            }  # fmt: skip
            yield Database(place, owner, certificate)


@contextlib.contextmanager
def login_user() -> Iterator[tuple[str, str]]:
    """A user of this machine with a password for as long as a test server runs, if we are root; else ourselves."""
    if os.getuid() != 0:
        yield pwd.getpwuid(os.getuid()).pw_name, ""
        return
    name, password = f"xubao-{secrets.token_hex(4)}", secrets.token_hex(8)
    subprocess.run(["useradd", "--no-create-home", "--shell", "/bin/sh", name], check=True, capture_output=True)
    try:
        subprocess.run(["chpasswd"], input=f"{name}:{password}".encode(), check=True, capture_output=True)
        yield name, password
    finally:
        until = time.monotonic() + PATIENCE
        while subprocess.run(["userdel", name], check=False, capture_output=True).returncode:
            assert time.monotonic() < until, f"the user {name} cannot be removed; do it by hand: userdel --force {name}"
            time.sleep(0.1)  # a session of theirs is still ending


@contextlib.contextmanager
def sftp() -> Iterator[SftpServer]:
    server = needs("sshd")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where it shuts itself in; Debian's service makes it
    with login_user() as (user, password), folder_of(user) as folder:
        host, own = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
        host.write_private_key(str(folder / "host"))
        (folder / "host").chmod(0o600)
        (folder / "authorized").write_bytes(own.export_public_key())
        (folder / "files").mkdir()
        shutil.chown(folder / "files", user)
        port = free_port()
        config = [
            f"Port {port}", "ListenAddress 127.0.0.1", f"HostKey {folder / 'host'}", f"PidFile {folder / 'pid'}",
            f"AuthorizedKeysFile {folder / 'authorized'}", "StrictModes no", "UsePAM no", "PasswordAuthentication yes",
            "Subsystem sftp internal-sftp", "LogLevel VERBOSE",
        ]  # fmt: skip
        (folder / "config").write_text("\n".join(config) + "\n")
        command = [str(server), "-D", "-e", "-f", str(folder / "config")]

        def answers() -> None:
            with socket.create_connection(("127.0.0.1", port), 5) as opened:
                assert opened.recv(4) == b"SSH-"

        with running(command, answers, None, folder / "log") as process:
            public, key = (text.decode() for text in (host.export_public_key(), own.export_private_key()))
            made = SftpServer(folder / "files", public.strip(), port, user, password, key, process)
            try:
                yield made
            finally:
                made.drop()  # sessions outlive the server, and their user cannot be removed


@contextlib.contextmanager
def s3() -> Iterator[dict[str, Any]]:
    """A connection to an S3 server (moto) with the empty bucket `insurers`."""
    import boto3

    port = free_port()
    address = f"http://127.0.0.1:{port}"

    def answers() -> None:
        socket.create_connection(("127.0.0.1", port), 5).close()

    listing = "MOTO_S3_DEFAULT_MAX_KEYS=10"  # a real one answers a thousand at a time
    command = ["env", listing, sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with folder_of(None) as folder, running(command, answers, None, folder / "log"):
        secret = "SecretNobodySees"
        client = boto3.client(
            "s3",
            endpoint_url=address,
            aws_access_key_id="reader",
            aws_secret_access_key=secret,
            region_name="us-east-1",
        )
        client.create_bucket(Bucket="insurers")
        yield {
            "client": client,
            "place": {
                "conn_type": "s3", "login": "reader", "password": secret,
                "extra": {"path": "insurers/picc", "endpoint_url": address, "region_name": "us-east-1"},
            },
        }  # fmt: skip


def need_root(why: str) -> None:
    """Skip a test that needs root; in CI, which is root, fail."""
    if os.getuid() != 0:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"only root can {why}")
