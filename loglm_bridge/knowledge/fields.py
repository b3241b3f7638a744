"""The fields of an event as rules see them: the product's own names, canonical names, Sigma's names, derived fields.

A rule may use any of
- the names that the product gives its fields (JSON: dotted; Windows: EventData names, EventID, Channel, Provider_Name);
- Sigma's names of a category (Image, CommandLine, TargetFilename ...) in every log that tells the same;
- `message`: the text of a line, or what a record itself calls its message;
- derived fields, `loglm.*`.
"""

from __future__ import annotations

from collections.abc import Iterator

from loglm_bridge.contract.event import Event
from loglm_bridge.knowledge.matching import FieldIndex
from loglm_bridge.telemetry import Record, parse_and_canonicalise, parse_record
from loglm_bridge.telemetry.derived import PREFIX, EventDeriver, of_value

#: Canonical name -> Sigma's names of it (github.com/SigmaHQ/sigma-specification, appendix taxonomy).
SIGMA_NAMES = {
    "process_path": ("Image", "SourceImage"),
    "process": ("CommandLine",),
    "parent_process_path": ("ParentImage",),
    "parent_process": ("ParentCommandLine",),
    "original_file_name": ("OriginalFileName",),
    "current_directory": ("CurrentDirectory",),
    "user": ("User",),
    "integrity": ("IntegrityLevel",),
    "file_path": ("TargetFilename",),
    "registry_path": ("TargetObject",),
    "registry_value_data": ("Details",),
    "query": ("QueryName", "query"),
    "answer": ("QueryResults",),
    "dest_ip": ("DestinationIp", "dst_ip"),
    "dest_port": ("DestinationPort", "dst_port"),
    "dest_host": ("DestinationHostname", "dst_host"),
    "src_ip": ("SourceIp", "src_ip"),
    "src_port": ("SourcePort",),
    "image_loaded": ("ImageLoaded",),
    "pipe_name": ("PipeName",),
    "target_process_path": ("TargetImage",),
    "granted_access": ("GrantedAccess",),
    "call_trace": ("CallTrace",),
    "script": ("ScriptBlockText",),
    "service_path": ("ImagePath", "ServiceFileName"),
    "service_name": ("ServiceName",),
    "task_name": ("TaskName",),
    "url": ("c-uri",),
    "http_user_agent": ("c-useragent",),
    "http_method": ("cs-method",),
    "status": ("sc-status",),
    "provider": ("Provider_Name",),
}


#: Formats whose text is fields through and through.
_STRUCTURED = frozenset({"json", "windows_xml"})


def event_fields(event: Event) -> FieldIndex:
    """Return the fields of an event as rules see them."""
    record, form = parse_and_canonicalise(event)
    pairs = [*record.fields, *form.rule_fields, *_derived(record)]
    pairs += [(sigma, value) for name, value in form.rule_fields for sigma in SIGMA_NAMES.get(name, ())]
    if record.format not in _STRUCTURED:
        pairs.append(("message", event.raw))
    return FieldIndex(pairs)


def _derived(record: Record) -> Iterator[tuple[str, str]]:
    """Yield what fields derive each by itself, then what several derive together."""
    for name, value in record.fields:
        yield from ((PREFIX + derived, text) for derived, text in of_value(name.lower(), value))
    deriver = EventDeriver.of(record.event_type, [name for name, _ in record.fields])
    for derived, text in deriver([value for _, value in record.fields]) if deriver else ():
        yield PREFIX + derived, text


def reading(event: Event) -> Record:
    """Return how an event is read, for messages of the check."""
    return parse_record(event)
