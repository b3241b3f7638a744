"""Sidecars on demand: where they may run."""

import os
from dataclasses import replace

import pytest


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system does not say where a process may run")
def test_pinned_sidecars_keep_to_a_core_of_their_own(setting):
    before = os.sched_getaffinity(0)
    pinned = replace(setting, pinned=True)
    with pinned.sidecar() as first, pinned.sidecar() as second:
        found = [os.sched_getaffinity(sidecar.pid) for sidecar in (first, second)]
        assert os.sched_getaffinity(0) == before
    assert [len(cores) for cores in found] == [1, 1]
    assert (found[0] != found[1]) == (len(before) > 1)
