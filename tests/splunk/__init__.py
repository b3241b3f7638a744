"""Tests of loglm_bridge.splunk."""
