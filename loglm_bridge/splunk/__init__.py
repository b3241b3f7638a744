"""The Splunk side: search command, input, alert action and their client of the sidecar. Python 3.9, pure Python."""
