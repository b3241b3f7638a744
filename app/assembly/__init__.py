"""Builds the Splunk app's package from the checkout and the vendored libraries; run by package.sh, not shipped."""
