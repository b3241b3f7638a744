"""The conf files: each key has a spec of Splunk or ours, one default, and an effect."""

import json
import re

import pytest

from loglm_bridge.splunk.alert import payload
from loglm_bridge.splunk.config.app_log import open_log
from loglm_bridge.splunk.modinput import options
from loglm_bridge.splunk.rows.row_mapping import column_names
from loglm_bridge.splunk.search.incidents_command import PARSERS as INCIDENT_OPTIONS
from loglm_bridge.splunk.search.options import PARSERS as COMMAND_OPTIONS
from loglm_bridge.splunk.user_messages import Tally
from tests.app.conf import read_conf, read_spec

#: Keys of Splunk's own spec files (Splunk 10.2) by file, each with its purpose here. `*` stands for any suffix.
SPLUNK_KEYS = {
    "app.conf": {
        "build": "new static files replace cached ones",
        "id": "folder name",
        "check_for_updates": "is not on Splunkbase",
        "name": "folder name",
        "version": "filled in by package.sh",
        "author": "launcher",
        "description": "launcher",
        "is_visible": "has a page",
        "label": "launcher",
        "supported_themes": "pages work in both",
        "reload.loglm": "no restart for a changed loglm.conf: it is read at each search",
    },
    "authorize.conf": {"run_loglm": "our own capability"},
    "commands.conf": {
        "chunked": "protocol version 2",
        "filename": "entry point",
        "is_risky": "event text leaves splunkd",
        "python.version": "up to Splunk 10.1",
        "python.required": "from Splunk 10.2 on",
    },
    "eventtypes.conf": {"search": "what it is", "description": "what it says"},
    "inputs.conf": {
        "python.version": "up to Splunk 10.1",
        "python.required": "from Splunk 10.2 on",
        "start_by_shell": "no shell between splunkd and the input",
    },
    "macros.conf": {
        **dict.fromkeys(("args", "definition", "iseval"), "the macro"),
        **dict.fromkeys(("errormsg", "validation"), "no argument becomes part of a search unchecked"),
    },
    "props.conf": {
        **dict.fromkeys(("category", "description"), "the list of sourcetypes"),
        **dict.fromkeys(("SHOULD_LINEMERGE", "LINE_BREAKER", "TRUNCATE"), "one event a line, however long"),
        **dict.fromkeys(("TIME_PREFIX", "TIME_FORMAT", "MAX_TIMESTAMP_LOOKAHEAD"), "no guessing at times"),
        **dict.fromkeys(("KV_MODE", "AUTO_KV_JSON", "EXTRACT-*", "LOOKUP-*"), "fields at search time"),
        "sourcetype": "the app's own logs",
    },
    "savedsearches.conf": {
        **dict.fromkeys(
            ("search", "description", "disabled", "request.ui_dispatch_app", "request.ui_dispatch_view"), "it"
        ),
        **dict.fromkeys(("enableSched", "cron_schedule", "schedule_window", "dispatch.*"), "when it runs"),
        **dict.fromkeys(("counttype", "relation", "quantity", "alert.*"), "when it alerts"),
        "action.correlationsearch.*": "Enterprise Security lists it as a detection (contentctl's template)",
    },
    "searchbnf.conf": dict.fromkeys(
        (
            *("syntax", "simplesyntax", "shortdesc", "description", "usage", "appears-in", "tags", "related"),
            *("example*", "comment*"),
        ),
        "search assistant",
    ),
    "server.conf": {"conf_replication_include.loglm": "settings reach all members of a search head cluster"},
    "tags.conf": {"loglm": "our own tag", "attack": "CIM"},
    "transforms.conf": dict.fromkeys(("filename", "case_sensitive_match", "max_matches"), "the lookup"),
    "alert_actions.conf": {
        **dict.fromkeys(("is_custom", "label", "description", "icon_path"), "the list of actions"),
        **dict.fromkeys(("payload_format", "forceCsvResults", "maxtime", "ttl"), "how it is run"),
        "python.version": "up to Splunk 10.1",
        "python.required": "from Splunk 10.2 on",
    },
}


def conf_files(root):
    """Return all shipped conf files."""
    return sorted((root / "default").glob("*.conf"))


def known_to_splunk(name, key):
    """Return whether Splunk's own spec of the file has the key."""
    keys = SPLUNK_KEYS.get(name, {})
    return key in keys or any(k.endswith("*") and key.startswith(k[:-1]) for k in keys)


def spec_of(root, name):
    """Return our own spec of a conf file, empty where there is none."""
    path = root / "app/README" / f"{name}.spec"
    return read_spec(path) if path.exists() else {}


def test_every_key_has_a_spec(root):
    unknown = []
    for path in conf_files(root):
        ours = {key for keys in spec_of(root, path.name).values() for key in keys}
        for stanza, keys in read_conf(path).items():
            unknown += [(path.name, stanza, k) for k in keys if k not in ours and not known_to_splunk(path.name, k)]
    assert unknown == []


def test_listed_keys_of_splunk_are_used(root):
    used = {path.name: {k for keys in read_conf(path).values() for k in keys} for path in conf_files(root)}
    unused = [
        (name, key)
        for name, keys in SPLUNK_KEYS.items()
        for key in keys
        if not any(k == key or (key.endswith("*") and k.startswith(key[:-1])) for k in used.get(name, ()))
    ]
    assert unused == []


def conf_stanza(spec_stanza):
    """Return the conf stanza with the defaults of a spec stanza: [scheme] for [scheme://<name>]."""
    return spec_stanza.removesuffix("://<name>")


@pytest.mark.parametrize("name", ["loglm.conf", "inputs.conf", "alert_actions.conf"])
def test_spec_and_conf_have_the_same_keys_and_defaults(root, name):
    conf = read_conf(root / "default" / name)
    spec = spec_of(root, name)
    assert [conf_stanza(stanza) for stanza in spec] == list(conf)
    for stanza, keys in zip(conf, spec.values(), strict=True):
        ours = {k: v for k, v in conf[stanza].items() if not known_to_splunk(name, k)}
        documented = {k: default for k, default in keys.items() if default}  # others are required
        assert {k: v or "empty" for k, v in ours.items()} == documented


def test_spec_of_the_input_has_every_setting(root):
    (keys,) = spec_of(root, "inputs.conf").values()
    assert set(options.ARGUMENTS) | {"interval"} == set(keys)


def test_spec_of_the_alert_action_has_every_setting(root):
    (keys,) = spec_of(root, "alert_actions.conf").values()
    assert {f"param.{name}" for name in payload.PARSERS} | {"param._cam"} == set(keys)


def test_adaptive_response_description_is_json(root):
    cam = json.loads(read_conf(root / "default/alert_actions.conf")["loglm_notable"]["param._cam"])
    assert set(cam) == {"category", "task", "subject", "technology", "supports_adhoc", "supports_cloud"}


def test_search_help_describes_the_options_of_loglm(root):
    help_ = read_conf(root / "default/searchbnf.conf")
    named = re.findall(r"\((\w+)=", help_["loglm-options"]["syntax"])
    assert sorted(named) == sorted(COMMAND_OPTIONS)
    described = help_["loglm-command"]["description"]
    assert all(f"<{name}>" in described for name in COMMAND_OPTIONS)
    assert all(f'"{column}"' in described for column in column_names("loglm_", "labels"))


def test_search_help_describes_the_options_of_loglmincidents(root):
    help_ = read_conf(root / "default/searchbnf.conf")["loglmincidents-command"]
    assert sorted(re.findall(r"(\w+)=", help_["syntax"])) == sorted(INCIDENT_OPTIONS)
    assert all(f"<{name}>" in help_["description"] for name in INCIDENT_OPTIONS)


def test_search_help_examples_are_numbered_and_complete(root):
    keys = read_conf(root / "default/searchbnf.conf")["loglm-command"]
    examples = sorted(k[7:] for k in keys if k.startswith("example"))
    assert examples == sorted(k[7:] for k in keys if k.startswith("comment")) == ["1", "2", "3", "4", "5"]
    assert all("| loglm" in keys[f"example{n}"] for n in examples)


def test_stanzas_of_commands_conf(root):
    assert read_conf(root / "default/commands.conf") == {
        "loglm": {
            "chunked": "true",
            "filename": "loglm.py",
            "is_risky": "true",
            "python.version": "python3",
            "python.required": "3.9, 3.13",
        },
        "loglmincidents": {
            "chunked": "true",
            "filename": "loglmincidents.py",
            "python.version": "python3",
            "python.required": "3.9, 3.13",
        },
    }


def test_scripts_named_in_conf_files_exist(root):
    names = [keys["filename"] for keys in read_conf(root / "default/commands.conf").values()]
    names += [f"{stanza}.py" for stanza in read_conf(root / "default/inputs.conf")]
    for stanza, keys in read_conf(root / "default/alert_actions.conf").items():
        names.append(keys.get("alert.execute.cmd", f"{stanza}.py"))
    assert sorted(names) == ["loglm.py", "loglm_input.py", "loglm_notable.py", "loglmincidents.py"]
    assert all((root / "bin" / name).is_file() for name in names)


def test_role_grants_one_capability_only(root):
    assert read_conf(root / "default/authorize.conf") == {
        "capability::run_loglm": {},
        "role_loglm_user": {"run_loglm": "enabled"},
    }


def test_only_administrators_write_and_the_command_is_restricted(root):
    meta = read_conf(root / "app/metadata/default.meta")
    writers = [re.search(r"write : \[ (.*?) \]", keys["access"])[1] for keys in meta.values() if "access" in keys]
    assert set(writers) == {"admin, sc_admin"}
    assert meta["commands/loglm"]["access"].startswith("read : [ admin, sc_admin, power, loglm_user ]")
    exported = {stanza for stanza, keys in meta.items() if keys.get("export") == "system"}
    assert exported >= {"commands", "searchbnf", "macros", "lookups", "transforms", "alert_actions", "props"}


def test_fields_are_extracted_from_a_log_line(root, tmp_path, monkeypatch):
    (tmp_path / "var/log/splunk").mkdir(parents=True)
    monkeypatch.setenv("SPLUNK_HOME", str(tmp_path))
    log, tally = open_log("loglm_of_a_test"), Tally()
    tally.count({"ok": 3, "timeout": 1})
    log.warning("search ended %s", tally)
    for handler in log.handlers:
        handler.close()
    (path,) = (tmp_path / "var/log/splunk").iterdir()
    keys = next(
        keys for stanza, keys in read_conf(root / "default/props.conf").items() if stanza.startswith("source::")
    )
    line = re.search(keys["EXTRACT-loglm_log"].replace("(?<", "(?P<"), path.read_text().strip())
    assert line.groupdict() == {"log_level": "WARNING", "message": "search ended rows=4 ok=3 timeout=1"}
    pattern, _, field = keys["EXTRACT-loglm_program"].partition(" in ")
    assert field == "source"
    for name in (path.name, f"{path.name}.1"):
        assert (
            re.search(pattern.replace("(?<", "(?P<"), f"/opt/splunk/var/log/splunk/{name}")["program"]
            == "loglm_of_a_test"
        )
