"""No text of an event, a token or a header reaches a log line or an error message, whatever fails."""

import contextlib
import json

CANARY = "canary7f3a91"


def test_no_text_of_a_request_is_logged(start):
    sidecar = start("--log-level", "debug", "--deadline", "0.5", "--workers", "1").ready()
    as_sequence = {"sequence": True}
    raws = [CANARY, f"CRASH {CANARY}", f"NAN {CANARY}", f"HANG {CANARY}", f"SHORT {CANARY}", f"SEQUENCE {CANARY}"]
    answers = [
        sidecar.ask("/v1/label", {"events": [{"raw": r, "host": CANARY, "source": CANARY} for r in raws]}),
        sidecar.ask("/v1/embed", {"events": [{"raw": r} for r in raws], "options": as_sequence}),
        sidecar.ask("/v1/label", {"events": [{"raw": f"SEQUENCE {CANARY}"}, {"raw": "b"}], "options": as_sequence}),
        sidecar.ask("/v1/label", f'{{"events": [{{"raw": "{CANARY}"'.encode()),
        sidecar.ask("/v1/label", f'"{CANARY}" {CANARY}'.encode()),
        sidecar.ask("/v1/label", f'{{"events": [{{"raw": ["{CANARY}"]}}]}}'.encode()),
        sidecar.ask("/v1/label", {"events": [], "options": {"top": CANARY}}),
        sidecar.ask(f"/v1/{CANARY}?{CANARY}={CANARY}"),
        sidecar.ask("/v1/model", headers={"Authorization": f"Bearer {CANARY}"}),
        sidecar.ask("/v1/model", headers={"Origin": f"http://{CANARY}", "User-Agent": CANARY, "X-Canary": CANARY}),
        sidecar.ask("/v1/model", headers={"Host": CANARY}),
    ]
    for data in (
        f"{CANARY}\r\n\r\n",
        f"GET / HTTP/1.1\r\n{CANARY}\r\n\r\n",
        f"GET /{CANARY} HTTP/1.1\r\nHost: {CANARY}\r\n\r\n",
    ):
        with sidecar.connect() as connection, contextlib.suppress(ConnectionError):
            connection.sendall(data.encode())
            answer = connection.recv(65_536)
            assert CANARY.encode() not in answer
    refused = [a for a in answers if a.status_code != 200]
    assert len(refused) == 8
    assert [a.text for a in refused if CANARY in a.text] == []
    for answer in answers[:3]:
        assert not any(CANARY in json.dumps(result) for result in answer.json()["results"])
    assert sidecar.stop() == 0
    lines = sidecar.log().splitlines()
    assert len(lines) > 20
    for line in lines:
        json.loads(line)
    assert [line for line in lines if CANARY in line.lower()] == []
    assert sidecar.token not in sidecar.log()


def test_a_key_of_a_body_is_sent_to_its_client_but_not_logged(start):
    sidecar = start("--log-level", "debug").ready()
    answer = sidecar.ask("/v1/label", f'{{"events":[{{"{CANARY}":NaN}}]}}'.encode())
    assert answer.json()["error"]["where"] == f"/events/0/{CANARY}"
    assert sidecar.stop() == 0
    assert CANARY not in sidecar.log()
