"""What made the request: `client`, one of browser, console, cli, sdk, automation, scanner, attack_tool, service."""

from __future__ import annotations

from collections.abc import Iterator

_AGENT = frozenset(
    """
    actor_user_agent agent client.useragent.rawuseragent clientinfostring clientuseragent cs(user-agent)
    cs_user_agent http.useragent http_user_agent httprequest.useragent properties.useragent
    protopayload.requestmetadata.calleruseragent requestclientapplication requestheaders.user-agent user-agent
    user_agent useragent
    """.split()
)

#: Class -> parts of user agents, in lower case, divided by commas; the first class that fits wins.
_PARTS = {
    "attack_tool": """
        sqlmap, nikto, pacu, hydra, wpscan, metasploit, cobalt, mimikatz, kali, parrot, pentoo, scoutsuite,
        cloudgoat, stratus-red-team, nuclei, gobuster, dirbuster, ffuf, feroxbuster, masscan, zgrab, havij,
        acunetix, bav2ropc, aadinternals, roadtools, graphrunner, teamfiltration, axiom, dalfox, commix,
        w3af, jndi:, trufflehog
    """,
    "scanner": """
        nessus, qualys, openvas, rapid7, burp, zap/, nmap, censys, shodan, internet-measurement, expanse
    """,
    "automation": """
        terraform, pulumi, ansible, cloudformation, jenkins, github-actions, gitlab, argocd, argo-cd, helm,
        packer, chef, puppet, crossplane, spacelift, atlantis, kube-controller, flux
    """,
    "console": """
        console.amazonaws.com, signin.amazonaws.com, s3console, aws internal, console., cloudshell
    """,
    "cli": """
        aws-cli, azurecli, azure-cli, gcloud, google-cloud-sdk, kubectl, gsutil, powershell, azps, psgraph,
        okta-cli, oc/, eksctl, gh cli, github-cli, gam
    """,
    "sdk": """
        boto3, botocore, aws-sdk, python-requests, python-urllib, python-httpx, aiohttp, go-http-client,
        okhttp, axios, curl/, wget/, java/, apache-httpclient, node-fetch, ruby, perl, libwww, guzzle,
        postman, insomnia, restsharp, azsdk, google-api-, msal, openai, python/
    """,
    "browser": """
        mozilla/, opera/, safari/, chrome/
    """,
    "service": """
        .amazonaws.com, amazonaws, microsoft, google, splunk, datadog, newrelic, zabbix, prometheus,
        kube-probe
    """,
}
_CLASSES = {name: tuple(part.strip() for part in parts.split(",")) for name, parts in _PARTS.items()}


#: Fields that are looked at whatever they hold.
NAMES = _AGENT


def of_value(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Yield client, where a field names the user agent."""
    if name in _AGENT:
        yield "client", client(value[:512])


def client(agent: str) -> str:
    """Return the class of a user agent; empty for none, `other` for one that is in no class."""
    text = agent.lower()
    if not text:
        return ""
    for name, parts in _CLASSES.items():
        if any(part in text for part in parts):
            return name
    return "other"
