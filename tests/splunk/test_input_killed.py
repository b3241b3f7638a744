"""The input killed with SIGKILL at random points: nothing lost, at most one batch repeated per kill (P3)."""

import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.splunk.fake_splunkd_rest import event
from tests.splunk.modinput.input_process import definition, finish, start

#: LOGLM_TEST_KILLS=200 is the long run.
KILLS = int(os.environ.get("LOGLM_TEST_KILLS", "50"))
BATCH = 8
SEED = 20261122


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_kills_lose_nothing_and_repeat_at_most_one_batch_each(
    splunkd, fake_sidecar, write_back_app, splunk_env, tmp_path
):
    rng = random.Random(SEED)
    begin = int(time.time()) - 3_000
    splunkd.events = [
        event(begin + 3 * second, f"{word} #{number}")
        for second in range(300)
        for number, word in enumerate(["mimikatz", "logon", "mimikatz"] * (1 + second % 3) * max(1, KILLS // 50))
    ]
    expected = {e["_raw"] + e["_indextime"] for e in splunkd.events if "mimikatz" in e["_raw"]}
    app = write_back_app(fake_sidecar.port, sidecar=f"batch_events = {BATCH}")
    params = {"search": "index=main", "lag": 10, "window": 30, "lookback": 3_200, "max_events": 100_000}
    text = definition(splunkd.uri, tmp_path / "positions", params)
    env = {**splunk_env, "PYTHONPATH": f"{Path(__file__).parent / 'kill_after_lines'}:{splunk_env['PYTHONPATH']}"}

    delivered, repeats_of_runs, kills = Counter(), [], 0
    while True:
        lines = rng.randint(1, 9_000) if kills < KILLS else 10**9
        result = finish(start(app, {**env, "LOGLM_TEST_KILL_AFTER_LINES": str(lines)}), text)
        repeats_of_runs.append(sum(1 for key in result.keys if delivered[key]))
        delivered.update(result.keys)
        if result.code == 0:
            break
        assert result.code == -9, result.lines
        kills += 1

    print(
        f"kills {kills}, notables {len(expected)}, repeats {sum(repeats_of_runs)}, most in a run {max(repeats_of_runs)}"
    )
    assert kills == KILLS, "the work was done before all kills: make it longer"
    assert len(delivered) == len(expected)
    assert max(repeats_of_runs) <= BATCH
    assert sum(repeats_of_runs) == sum(delivered.values()) - len(expected)
