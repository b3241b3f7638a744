"""LogLM Bridge: a log language model beside Splunk."""

__version__ = "0.1.0"
