"""Where a webhook may go: an https address that is not this machine, unless that is allowed explicitly."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from rudel.core.errors import BadInput, Retry


@dataclass(frozen=True)
class Address:
    """Where to.

    Attributes:
        host: name or IP address.
        port: TCP port.
        path: with the query; may hold a token, so that it is never logged.
        tls: https.
        loopback: this machine is allowed.
    """

    host: str
    port: int
    path: str
    tls: bool
    loopback: bool

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}/..."

    __repr__ = __str__

    @property
    def host_header(self) -> str:
        """As HTTP names it: with the port only where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"

    def resolve(self) -> tuple[str, ...]:
        """IP addresses of the host that may be used; checked at every try, as a name can be pointed elsewhere.

        Raises:
            Retry: the name is not known now.
            BadInput: it leads only where webhooks may not go.
        """
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise Retry(f"{self.host} is not known: {error}") from error
        addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
        usable = tuple(ip for ip in addresses if not self.refusal(ip))
        if not usable:
            raise BadInput(f"{self} is not used: {self.refusal(addresses[0])}")
        return usable

    def refusal(self, ip: str) -> str:
        """Why this IP address is not used; "" where it may be."""
        where = ipaddress.ip_address(ip.partition("%")[0])
        mapped = getattr(where, "ipv4_mapped", None)
        where = mapped or where
        if where.is_loopback:
            return "" if self.loopback else f"{ip} is this machine; loopback=True allows it"
        if where.is_unspecified or where.is_multicast or where.is_link_local:
            return f"{ip} is no address of a receiver"  # link-local: services of cloud machines that give out secrets
        return ""


def address_of(url: str, *, plain_http: bool, loopback: bool) -> Address:
    """Check and take apart a URL.

    Raises:
        BadInput: no http(s) URL, one with a user or password in it, plain http or this machine where not allowed.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise BadInput(f"the URL of a webhook cannot be read: {error}") from error
    shown = f"{parts.scheme}://{host}"
    if parts.scheme not in ("http", "https") or not host:
        raise BadInput(f"the URL of a webhook begins with https:// and a host, not {shown!r}")
    if parts.username is not None or parts.password is not None:
        raise BadInput(f"the URL of a webhook at {host} has a user in it: it would end up in logs")
    if any(not "!" <= sign <= "~" for sign in url):
        raise BadInput(f"the URL of a webhook at {host!r} has signs other than printable ASCII: encode them")
    tls = parts.scheme == "https"
    if not tls and not plain_http:
        raise BadInput(f"{shown} is not encrypted: use https, or allow it with plain_http=True")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    address = Address(host, port or (443 if tls else 80), path, tls, loopback)
    try:
        refusal = address.refusal(host)
    except ValueError:  # a name; what it means is looked at when it is used
        here = host.rstrip(".").lower() == "localhost"
        refusal = "localhost is this machine; loopback=True allows it" if here and not loopback else ""
    if refusal:
        raise BadInput(f"{shown} is not used: {refusal}")
    return address
