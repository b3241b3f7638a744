"""The token file: private from its creation, complete or absent, never replaced."""

import multiprocessing
import os
import stat

import pytest

from loglm_bridge.contract.errors import ConfigError
from loglm_bridge.sidecar.http import token
from loglm_bridge.sidecar.http.token import ensure_token, read_token


def test_the_first_start_creates_a_private_file_and_later_ones_read_it(tmp_path):
    path = tmp_path / "a" / "b" / "token"
    token_text = ensure_token(path)
    assert len(token_text) == 43  # 32 bytes in base64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert read_token(path) == ensure_token(path) == token_text
    assert list(path.parent.iterdir()) == [path]


def test_the_mode_does_not_depend_on_the_umask(tmp_path):
    before = os.umask(0)
    try:
        ensure_token(tmp_path / "token")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


def test_every_file_gets_its_own_token(tmp_path):
    assert ensure_token(tmp_path / "one") != ensure_token(tmp_path / "two")


def test_concurrent_first_starts_agree_on_one_token(tmp_path):
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        tokens = pool.map(ensure_token, [tmp_path / "token"] * 12, chunksize=1)
    assert set(tokens) == {read_token(tmp_path / "token")}
    assert [p.name for p in tmp_path.iterdir()] == ["token"]


def test_a_file_created_meanwhile_is_kept(tmp_path, monkeypatch):
    path = tmp_path / "token"

    def other_was_faster(length):
        path.write_text("x" * 43)
        path.chmod(0o600)
        return "y" * 43

    monkeypatch.setattr(token.secrets, "token_urlsafe", other_was_faster)
    assert ensure_token(path) == "x" * 43
    assert [p.name for p in tmp_path.iterdir()] == ["token"]


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o620, 0o666, 0o644])
def test_a_file_open_to_others_is_refused(tmp_path, mode):
    path = tmp_path / "token"
    ensure_token(path)
    path.chmod(mode)
    with pytest.raises(ConfigError, match="open to others") as caught:
        ensure_token(path)
    assert f"chmod 600 {path}" in caught.value.hint


def test_a_file_readable_by_the_group_is_accepted(tmp_path):
    path = tmp_path / "token"
    token_text = ensure_token(path)
    path.chmod(0o640)
    assert read_token(path) == token_text


@pytest.mark.parametrize(
    "body",
    [b"", b"\n", b"short", b"x" * 21, b"two words of some length here", b"\xff" * 40, b"x" * 5000, b"x" * 30 + b"\0"],
)
def test_a_file_without_a_token_is_refused_and_not_quoted(tmp_path, body):
    path = tmp_path / "token"
    path.write_bytes(body)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="holds no token") as caught:
        read_token(path)
    assert len(body) < 5 or body.decode("latin-1") not in str(caught.value)


def test_an_absent_or_irregular_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no token yet"):
        read_token(tmp_path / "none")
    with pytest.raises(ConfigError, match=r"regular file|cannot be read"):
        read_token(tmp_path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(ConfigError, match="regular file"):
        read_token(tmp_path / "pipe")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be"):
        ensure_token(tmp_path / "file" / "token")
