"""Sidecars on demand: the processors that they may use."""

import os
from dataclasses import replace

import pytest


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system does not say where a process may run")
def test_each_pinned_sidecar_has_one_core_of_its_own(environment):
    before = os.sched_getaffinity(0)
    pinned = replace(environment, pinned=True)
    with pinned.sidecar() as first, pinned.sidecar() as second:
        allowed = [os.sched_getaffinity(sidecar.pid) for sidecar in (first, second)]
        assert os.sched_getaffinity(0) == before
    assert [len(cores) for cores in allowed] == [1, 1]
    assert (allowed[0] != allowed[1]) == (len(before) > 1)
