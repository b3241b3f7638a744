"""Words that slots are drawn from. Invented; documentation networks and reserved domains where outsiders are meant."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIVEN = _words(
    """
    anna ben carla david elena felix greta hugo ines jonas karin luis maria nils olga paul rosa sven tara uwe
    vera walter yara zoe amir bao chen deepa emeka fatima goran hiro ivan jamila kofi leila mei nadia omar
    priya
    """
)

FAMILY = _words(
    """
    adler baker costa dietz evans fischer garcia haas ibarra jensen keller lopez meyer novak olsen peters
    quinn richter santos thomas ueda vogel weber xu young zimmer abebe banerjee cho diallo
    """
)

COMPANIES = _words(
    """
    northwind brightleaf harborline quartzo silvermoor tallgrass umbertech vellanti westbrook zephra
    """
)

SERVICES = _words(
    """
    backup deploy monitor sql web sync print scan build report queue ldap crm erp jenkins terraform
    """
)

ADMINS = _words(
    """
    admin helpdesk itops sysadmin secadmin netadmin dbadmin cloudadmin
    """
)

HOSTS = _words(
    """
    app web db file print mail proxy build jump erp crm dev test cache queue
    """
)

SITES = _words(
    """
    ber ham muc lon par nyc sfo sin tok syd dub waw
    """
)

WORDS = _words(
    """
    alpha amber atlas aurora beacon birch breeze canvas cedar cobalt comet coral delta ember falcon fjord
    garnet harbor indigo iris jasper juniper karma lagoon lark lotus lumen maple meteor nectar nova onyx opal
    orchid pearl pine quartz raven ridge river saffron sierra slate spruce summit thistle tide topaz tundra
    velvet willow zenith
    """
)

DOCUMENTS = _words(
    """
    invoice contract report budget offer minutes order plan list overview application statement
    """
)

COUNTRIES = _words(
    """
    DE US GB FR NL ES IT PL SE IN JP BR CA AU
    """
)

REMOTE_COUNTRIES = _words(
    """
    RU CN KP IR NG VN RO UA BY MD
    """
)

REGIONS = _words(
    """
    eu-central-1 eu-west-1 us-east-1 us-west-2 ap-southeast-1
    """
)

TOP_LEVEL = _words(
    """
    com net org io info biz
    """
)

ODD_TOP_LEVEL = _words(
    """
    xyz top icu tk cyou click sbs zip ru cc pw
    """
)

_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64"
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v}.0.0.0 Safari/537.36"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
_PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
BROWSERS = (
    f"{_WINDOWS}) {_WEBKIT}",
    _WINDOWS + "; rv:{v}.0) Gecko/20100101 Firefox/{v}.0",
    f"{_MAC} Version/17.4 Safari/605.1.15",
    f"{_WINDOWS}) {_WEBKIT} Edg/" + "{v}.0.0.0",
    f"{_PHONE} Version/17.5 Mobile/15E148 Safari/604.1",
)
CLIENTS = ("python-requests/2.32.3", "curl/8.5.0", "Go-http-client/2.0", "okhttp/4.12.0", "python-httpx/0.27.0")
CLOUD_CLIENTS = (
    "aws-cli/2.17.0 Python/3.11.8 Linux/6.1 exe/x86_64",
    "Boto3/1.34.131 Python/3.12.3 Linux/6.5 Botocore/1.34.131",
    "aws-sdk-go-v2/1.30.0 os/linux lang/go#1.22.4",
)
#: Inside networks, and outside ones that documentation reserves beside others that look like hosting providers.
INSIDE = ("10.{a}.{b}.{c}", "172.16.{b}.{c}", "192.168.{b}.{c}")
OUTSIDE = (
    *("203.0.113.{c}", "198.51.100.{c}", "192.0.2.{c}"),
    *("45.{a}.{b}.{c}", "91.{a}.{b}.{c}", "185.{a}.{b}.{c}", "89.{a}.{b}.{c}"),
)
