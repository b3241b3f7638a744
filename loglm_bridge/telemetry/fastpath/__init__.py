"""Fast paths: the results of the reference implementations, from what was learned of events seen before.

| module | reference implementation |
|---|---|
| parser | parser.parse_record |
| json_layouts | parser.parse_record |
| xml_layouts | formats.windows.windows_xml.parse |
| flow_plan | families.network.flow.schema_values |
| flow_columns | parser.parse_record |
| canonical_cache | canonicaliser.canonicalise, and the rule matcher's `mark` |

Each has a test of the same name in tests/telemetry/fastpath that compares it with its reference.
"""
