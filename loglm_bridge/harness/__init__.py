"""The installed product in a folder of its own: an app, a sidecar process, and a double of splunkd that runs searches.

The demo, the benchmark and the tests use it, so that one description of splunkd's behaviour serves all three.
"""
