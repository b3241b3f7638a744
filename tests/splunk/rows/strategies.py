"""Hypothesis strategies for rows."""

from hypothesis import strategies as st

# values that the test helpers can write and a Splunk row can hold: text, or a list of two or more
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"))


CELL = st.one_of(TEXT, st.lists(TEXT, min_size=2, max_size=4))


NAMES = st.lists(TEXT.filter(lambda name: not name.startswith("__mv_")), min_size=1, max_size=5, unique=True)


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@st.composite
def records(draw, cell=CELL, min_size=1):
    """Draw rows with the same fields."""
    names = draw(NAMES)
    return draw(st.lists(st.fixed_dictionaries(dict.fromkeys(names, cell)), min_size=min_size, max_size=5))
