"""Tests of loglm_bridge.interchange."""
