"""Domain names that show behaviour: services that administrators and attackers use, suffixes, functional labels."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Services whose use is informative: code and paste hosts, tunnels, file sharing, messengers used for command and
#: control, address look-ups, updates and certificate checks (benign noise), cloud and identity APIs.
KNOWN_DOMAINS = _words(
    """
    github.com githubusercontent.com raw.githubusercontent.com gist.github.com gist.githubusercontent.com github.io
    codeload.github.com api.github.com gitlab.com bitbucket.org pastebin.com paste.ee hastebin.com ghostbin.co
    rentry.co controlc.com termbin.com ix.io 0bin.net transfer.sh file.io anonfiles.com gofile.io mega.nz mega.co.nz
    mediafire.com sendspace.com wetransfer.com dropbox.com dropboxusercontent.com dropboxapi.com box.com
    drive.google.com docs.google.com onedrive.live.com 1drv.ms sharepoint.com catbox.moe temp.sh discord.com
    discordapp.com discord.gg cdn.discordapp.com api.telegram.org telegram.org t.me slack.com hooks.slack.com ngrok.io
    ngrok.com ngrok-free.app trycloudflare.com workers.dev pages.dev localtunnel.me serveo.net portmap.io duckdns.org
    no-ip.com ddns.net hopto.org zapto.org sytes.net dyndns.org afraid.org interact.sh oast.fun oast.pro oast.live
    oast.site oast.online oast.me burpcollaborator.net oastify.com dnslog.cn ceye.io webhook.site requestbin.net
    pipedream.net bxss.me ifconfig.me ipinfo.io icanhazip.com api.ipify.org ipify.org checkip.amazonaws.com
    checkip.dyndns.org whatismyip.com ip-api.com ident.me myexternalip.com wtfismyip.com ipecho.net bit.ly tinyurl.com
    is.gd goo.gl t.co anydesk.com teamviewer.com logmein.com screenconnect.com splashtop.com rustdesk.com atera.com
    remoteutilities.com tailscale.com zerotier.com torproject.org i2p2.de monero.org supportxmr.com minexmr.com
    nanopool.org hashvault.pro moneroocean.stream nicehash.com docker.io docker.com quay.io gcr.io ghcr.io
    npmjs.org rubygems.org crates.io golang.org proxy.golang.org
    powershellgallery.com chocolatey.org nuget.org live.sysinternals.com sysinternals.com nmap.org exploit-db.com
    kali.org metasploit.com debian.org ubuntu.com centos.org redhat.com fedoraproject.org archlinux.org
    alpinelinux.org windowsupdate.com update.microsoft.com download.windowsupdate.com delivery.mp.microsoft.com
    microsoft.com windows.com msftncsi.com msftconnecttest.com office.com office365.com outlook.com live.com
    login.microsoftonline.com microsoftonline.com graph.microsoft.com graph.windows.net management.azure.com azure.com
    azurewebsites.net azureedge.net blob.core.windows.net windows.net cloudapp.net trafficmanager.net azure-api.net
    skype.com bing.com msn.com amazonaws.com s3.amazonaws.com cloudfront.net awsapps.com aws.amazon.com amazon.com
    google.com googleapis.com storage.googleapis.com googleusercontent.com gstatic.com gvt1.com appspot.com
    firebaseio.com firebaseapp.com web.app youtube.com doubleclick.net google-analytics.com googletagmanager.com
    okta.com auth0.com duosecurity.com cloudflare.com cloudflare-dns.com dns.google quad9.net opendns.com akamai.net
    akamaiedge.net akamaized.net fastly.net digicert.com verisign.com symcd.com letsencrypt.org lencr.org
    globalsign.com sectigo.com usertrust.com mozilla.org mozilla.com firefox.com mozilla.net apple.com icloud.com
    adobe.com facebook.com twitter.com linkedin.com instagram.com whatsapp.com whatsapp.net yahoo.com gmail.com
    yandex.ru baidu.com qq.com weibo.com virustotal.com shodan.io censys.io shadowserver.org pool.ntp.org ntp.org
    time.windows.com time.nist.gov root-servers.net spamhaus.org schemas.microsoft.com w3.org
    """
)

#: Suffixes of two labels under which names are registered (the common ones of publicsuffix.org).
PUBLIC_SUFFIXES = _words(
    """
    co.uk org.uk ac.uk gov.uk me.uk net.uk nhs.uk com.au net.au org.au edu.au gov.au co.nz org.nz com.br net.br org.br
    gov.br co.jp ne.jp or.jp ac.jp go.jp co.kr or.kr com.cn net.cn org.cn gov.cn edu.cn com.tw com.hk com.sg com.my
    com.mx com.ar com.co com.tr com.ua com.pl net.pl co.in net.in org.in gov.in ac.in co.za org.za co.il com.vn com.ph
    com.pk com.ng com.eg com.sa com.pe com.ec com.ve co.id or.id co.th in.th co.ke com.gr com.pt com.ru org.ru
    """
)

#: Generic top-level domains that are kept, as is every two-letter one; others become {tld}.
TOP_LEVEL = _words(
    """
    com net org info biz edu gov mil int arpa name pro mobi aero coop xyz top club online site shop store tech live
    icu vip win bid loan click link work party trade stream download date review racing gdn men kim space website fun
    host press cloud app dev page blog news media agency company digital email group life network services solutions
    support systems today world zone rest cam monster quest cyou sbs cfd bar buzz surf bond lol beauty hair skin mom
    zip mov ninja rocks guru test example invalid
    """
)

#: Suffixes of internal networks.
LOCAL_SUFFIXES = _words("local localdomain lan internal intranet corp home localhost private ad domain workgroup")

#: Labels that name a machine's function; others are site-specific names.
FUNCTION_LABELS = _words(
    """
    www www2 mail smtp imap pop pop3 mx ftp sftp ssh vpn api cdn static img images media assets download downloads
    update updates dns ns ns1 ns2 ntp time proxy login auth sso adfs owa autodiscover webmail admin portal remote rdp
    gateway git gitlab jenkins jira wiki blog shop app apps dev test staging stage beta db sql mysql crl ocsp ldap
    kerberos dc dc1 dc01 raw gist status support help docs m mobile ws s3 storage
    """
)
