import { BlockList, isIP } from "node:net";

export interface ListenAddress {
  /** absent: every interface */
  host: string | undefined;
  /** 0: a free port of the system's choice */
  port: number;
}

const HOST_AND_PORT = /^(.*):(\d{1,5})$/;
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]{1,253})$/i;

/**
 * `:9560`, `127.0.0.1:0` or `[::1]:9560`; the host without its brackets, numbers in their usual notation.
 * @throws RangeError where the text is no such address
 */
export function parseListenAddress(text: string): ListenAddress {
  const [, hostText = "", portText = ""] = HOST_AND_PORT.exec(text) ?? [];
  const host = hostText === "" ? undefined : normalHost(hostText);
  const port = Number(portText);
  if (portText === "" || port > 65_535 || host === "") {
    throw new RangeError("an address is [host]:port with a port of 0 to 65535, such as :9560");
  }
  return { host, port };
}

/** `host:port`, with brackets around an IPv6 address. */
export function hostPort(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Whether a worker may advertise this address for Prometheus to scrape: host:port and nothing else. */
export function isScrapeAddress(text: string): boolean {
  try {
    const { host, port } = parseListenAddress(text);
    return host !== undefined && port > 0 && !isUnscrapable(host);
  } catch {
    return false;
  }
}

/**
 * The host as the URL standard writes it, "" where it is none. It reads numbers as resolvers do, so that
 * 0xa9fe0101, 0251.0376.1.1 and 2852028673 all come out as 169.254.1.1.
 */
function normalHost(text: string): string {
  const url = `http://${text}`;
  if (!HOST.test(text) || !URL.canParse(url)) return "";
  return new URL(url).hostname.replace(/^\[(.*)\]$/, "$1");
}

// A link-local address reaches a cloud's metadata service, an unspecified one whoever asks. BlockList itself
// matches IPv4 rules against mapped addresses (::ffff:169.254.1.1); the other ways to embed one stand here.
const unscrapable = new BlockList();
unscrapable.addSubnet("169.254.0.0", 16, "ipv4");
unscrapable.addSubnet("0.0.0.0", 8, "ipv4");
unscrapable.addSubnet("fe80::", 10, "ipv6");
unscrapable.addSubnet("::169.254.0.0", 112, "ipv6");
unscrapable.addSubnet("64:ff9b::169.254.0.0", 112, "ipv6");
unscrapable.addAddress("::", "ipv6");

function isUnscrapable(host: string): boolean {
  const family = isIP(host);
  return family !== 0 && unscrapable.check(host, family === 6 ? "ipv6" : "ipv4");
}
