"""The parts of the documentation that come from the code: tables, figures and examples that nobody types by hand."""
