"""The app folder and the environment: configured as an administrator would, and by nothing of the user's."""

from importlib.metadata import PackagePath, PathDistribution

import pytest

from loglm_bridge.contract.errors import InputError
from loglm_bridge.harness import app_folder
from loglm_bridge.splunk.config.settings import Settings
from tests.conftest import ROOT


def test_the_app_is_configured_for_its_sidecar(tmp_path):
    app = app_folder.make_app(tmp_path / "app", "http://127.0.0.1:5", tmp_path / "token")
    settings = Settings.read(app)
    assert (settings.urls, settings.token_file) == (("http://127.0.0.1:5",), tmp_path / "token")
    assert (app / "bin" / "loglm.py").read_bytes() == (ROOT / "bin" / "loglm.py").read_bytes()


def test_the_files_of_the_app_come_with_an_installed_package(tmp_path, monkeypatch):
    package = tmp_path / "lib" / "site-packages" / "loglm_bridge" / "__init__.py"
    installed = tmp_path / "share" / "loglm_bridge" / "bin" / "loglm.py"
    for path in (package, installed):
        path.parent.mkdir(parents=True)
        path.touch()
    listed = PackagePath("../../share/loglm_bridge/bin/loglm.py")
    listed.dist = PathDistribution(tmp_path / "lib" / "site-packages" / "x.dist-info")
    monkeypatch.setattr(app_folder.loglm_bridge, "__file__", str(package))
    monkeypatch.setattr(app_folder, "files", lambda _: [PackagePath("loglm_bridge/__init__.py"), listed])
    assert app_folder.app_file("bin/loglm.py").resolve() == installed
    with pytest.raises(InputError, match=r"a part of the app is missing \[default/loglm\.conf\]"):
        app_folder.app_file("default/loglm.conf")


def test_variables_of_the_user_do_not_configure_the_processes(tmp_path, monkeypatch):
    for name in ("LOGLM_PORT", "LOGLM_MODEL", "SPLUNK_HOME", "PYTHONDONTWRITEBYTECODE"):
        monkeypatch.setenv(name, "/elsewhere")
    env = app_folder.process_environment(tmp_path / "home")
    assert not {"LOGLM_PORT", "PYTHONDONTWRITEBYTECODE"} & env.keys()
    assert env["SPLUNK_HOME"] == str(tmp_path / "home")
