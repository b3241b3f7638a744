"""Signatures of model folders: of the right key and the very folder, or refused."""

import os
import shutil
import subprocess
import sys

import pytest

pytest.importorskip("cryptography")

from loglm_bridge.contract.errors import ConfigError, ModelRefused
from loglm_bridge.model.folder.model_folder import MANIFEST, SIGNATURE, ModelFolder, write_manifest
from loglm_bridge.model.folder.signature import sign, verify
from loglm_bridge.model.registry import Registry, default_folder
from tests.loglm_process import run_loglm
from tests.model.test_registry import make_folder
from tests.sidecar.process import Process


def key_pair(folder, name, algorithm="ed25519"):
    """Return the files of a private and a public key, made by openssl."""
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    subprocess.run(["openssl", "genpkey", "-algorithm", algorithm, "-out", private], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True, capture_output=True)
    return private, public


@pytest.fixture
def keys(tmp_path):
    return key_pair(tmp_path, "ours")


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path / "model")


def test_signed_folder_is_accepted(folder, keys):
    sign(folder, keys[0])
    verify(ModelFolder.open(folder), keys[1])


def test_unsigned_folder_is_refused(folder, keys):
    with pytest.raises(ModelRefused, match="not signed"):
        verify(ModelFolder.open(folder), keys[1])


def test_signature_of_another_key_is_refused(folder, keys, tmp_path):
    sign(folder, key_pair(tmp_path, "other")[0])
    with pytest.raises(ModelRefused, match="not of the required key"):
        verify(ModelFolder.open(folder), keys[1])


def test_folder_that_was_sealed_again_is_refused(folder, keys):
    sign(folder, keys[0])
    (folder / "MODEL_CARD.md").write_text("changed")
    write_manifest(folder, "toy", "1", {})
    with pytest.raises(ModelRefused, match="not of the required key"):
        verify(ModelFolder.open(folder), keys[1])


@pytest.mark.parametrize("content", [b"", b"!!!", b"AAAA", b"\xff" * 100])
def test_damaged_signature_is_refused(folder, keys, content):
    (folder / SIGNATURE).write_bytes(content)
    with pytest.raises(ModelRefused):
        verify(ModelFolder.open(folder), keys[1])


def test_other_keys_are_refused(folder, keys, tmp_path):
    rsa = key_pair(tmp_path, "rsa", "rsa")
    for bad in (rsa[0], tmp_path / "absent", folder / MANIFEST):
        with pytest.raises(ConfigError, match="Ed25519"):
            sign(folder, bad)
    with pytest.raises(ConfigError, match="Ed25519"):
        verify(ModelFolder.open(folder), rsa[1])


def test_promotion_keeps_the_signature(folder, keys, tmp_path, monkeypatch):
    monkeypatch.setattr("loglm_bridge.model.registry.check", ModelFolder.open)
    sign(folder, keys[0])
    promoted = Registry(tmp_path / "state", tmp_path / "package").promote(folder)
    verify(ModelFolder.open(promoted), keys[1])


def test_sidecar_serves_signed_folders_only(keys, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(default_folder(), copy)
    flags = ("--model", str(copy), "--require-signature", str(keys[1]))
    path = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    (tmp_path / "one").mkdir()
    unsigned = Process(tmp_path / "one", *flags, module="tests.sidecar.real", **path)
    assert unsigned.wait(60) == 78
    assert "not signed" in unsigned.log()
    unsigned.close()
    assert run_loglm(tmp_path, "models", "sign", str(copy), "--key", str(keys[0])).returncode == 0
    (tmp_path / "two").mkdir()
    signed = Process(tmp_path / "two", *flags, module="tests.sidecar.real", **path).ready(60)
    assert signed.label("sshd[1]: Failed password for root from 192.0.2.1 port 22 ssh2")[0]["status"] == "ok"
    assert signed.stop() == 0
    signed.close()


def test_check_and_promote_may_require_a_signature(keys, tmp_path, monkeypatch):
    monkeypatch.setenv("LOGLM_STATE_DIR", str(tmp_path / "state"))
    for action in ("check", "promote"):
        result = run_loglm(tmp_path, "models", action, str(default_folder()), "--require-signature", str(keys[1]))
        assert result.returncode != 0
        assert "not signed" in result.stderr
    assert not (tmp_path / "state/models/active.json").exists()
