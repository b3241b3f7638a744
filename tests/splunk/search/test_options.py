"""The search command's options."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loglm_bridge.contract.errors import OptionError
from loglm_bridge.contract.safe_text import one_line
from loglm_bridge.splunk.config.settings import Settings
from loglm_bridge.splunk.search.options import SearchOptions

SETTINGS = Settings(("http://127.0.0.1:1",), None, None, 1.0, 10, 10_000, 0.75, 4, "p_")


def parse(*args):
    """Parse arguments with SETTINGS."""
    return SearchOptions.parse(args, SETTINGS)


def test_defaults_come_from_the_settings():
    assert parse() == SearchOptions(threshold=0.75, top=4, prefix="p_")


def test_all_options_are_parsed():
    options = parse(
        "field=message", "by=host,user", "threshold=0", "top=10", "output=all", "explain=t", "onerror=fail", "prefix=x"
    )
    assert options == SearchOptions(0.0, 10, "x", "message", ("host", "user"), "all", True, "fail")


@pytest.mark.parametrize(
    "args",
    [
        ("by=host,user",),
        ("by=host", "user"),
        ("by=host,", "user"),
        ("by= host ,, user,host",),
        ("top=4", "by=host", "user"),
    ],
)
def test_by_is_parsed_however_splunkd_splits_it(args):
    assert parse(*args).by == ("host", "user")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("nonsense=1",), 'unknown option "nonsense"; options are field, by, threshold'),
        (("host",), 'unexpected "host"'),
        (("top=1", "host"), 'unexpected "host"'),
        (("=1",), 'unknown option ""'),
        (("top=1", "top=2"), "top is given twice"),
        (("top=1_0",), 'top must be a whole number from 1 to 10, got "1_0"'),
        (("threshold=1e999",), 'threshold must be a number from 0 to 1, got "1e999"'),
        (("threshold=",), 'got ""'),
        (("output=text",), "output must be one of labels, embedding, all"),
        (("explain=perhaps",), "explain must be true or false"),
        (("onerror=die",), "onerror must be one of pass, fail"),
        (("field=__mv_x",), "field must be the name of one field"),
        (("field=*",), "without wildcards"),
        (("field=",), "field must be"),
        (("field=" + "x" * 257,), "at most 256"),
        (("by=,",), "by must be"),
        (("by", "host"), 'unexpected "by": write by=host'),
        (("by", "host,", "user", "top=3"), "write by=host,user"),
        (("BY", "host"), "write by=host"),
        (("by", "=", "host"), "write by=host"),
        (("by", "=host"), "write by=host"),
        (("threshold", "0.9", "0.8"), 'unexpected "threshold": write threshold=0.9'),
        (("top=1", "by"), "write by=..."),
        (("by", "x\n\u202e"), r"write by=x\n\u202e"),
        (("by=p_score",), "p_score is a column that this search writes"),
    ],
)
def test_error_names_the_option_and_what_is_expected(args, message):
    with pytest.raises(OptionError) as caught:
        parse(*args)
    assert message in str(caught.value)


@given(
    st.lists(
        st.one_of(st.text(max_size=30), st.builds("{}={}".format, st.sampled_from(["top", "by", "field"]), st.text()))
    )
)
def test_any_arguments_give_options_or_an_error_of_one_line(args):
    try:
        options = parse(*args)
    except OptionError as error:
        message = str(error)
    else:
        message = ""
        assert 1 <= options.top <= 10
        assert len(set(options.required_fields)) == len(options.required_fields)
    assert one_line(message, 400) == message


def test_required_fields_are_read_and_written_fields():
    options = parse("by=user,host")._replace(output="embedding", prefix="x_").required_fields
    assert options == [
        *("_raw", "user", "host", "_time", "source", "sourcetype", "x_status", "x_model", "x_detail", "x_embedding")
    ]
