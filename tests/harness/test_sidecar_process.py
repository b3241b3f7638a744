"""A sidecar process: it ends with its block, whatever happens in it, and a start that fails says why."""

import os

import pytest

from loglm_bridge.contract.errors import ModelRefused, SidecarUnavailable
from loglm_bridge.harness.app_folder import process_environment
from loglm_bridge.harness.sidecar_process import sidecar
from loglm_bridge.model.registry import Registry


def test_a_sidecar_that_cannot_start_says_why(tmp_path):
    env = process_environment(tmp_path / "home")
    message = r"the sidecar did not start: manifest\.json"
    with pytest.raises((ModelRefused, SidecarUnavailable), match=message):  # noqa: SIM117
        with sidecar(tmp_path, tmp_path / "absent", tmp_path / "token", env):
            pass


@pytest.mark.timeout(300)
def test_a_sidecar_ends_with_a_block_that_fails(tmp_path):
    env, model = process_environment(tmp_path / "home"), Registry.of_user().shipped_folder()
    with pytest.raises(KeyError), sidecar(tmp_path, model, tmp_path / "token", env) as running:  # noqa: PT012
        os.kill(running.pid, 0)
        raise KeyError
    with pytest.raises(ProcessLookupError):
        os.kill(running.pid, 0)
