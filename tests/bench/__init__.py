"""Tests of loglm_bridge.bench."""
