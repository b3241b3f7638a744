"""Assembles the Splunk app's package out of the checkout and the vendored libraries; run by package.sh, not shipped."""
