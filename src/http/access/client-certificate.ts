import { SocketAddress } from "node:net";
import type { TLSSocket, TlsOptions } from "node:tls";
import type { ClientAuth, TlsConfig } from "./tls-config.ts";

/** What Node.js itself is to do about clients' certificates. */
export function clientAuthOptions(
  clientAuth: ClientAuth,
): Pick<TlsOptions, "requestCert" | "rejectUnauthorized"> {
  return {
    requestCert: clientAuth !== "NoClientCert",
    rejectUnauthorized: clientAuth === "RequireAndVerifyClientCert",
  };
}

/** The rest: whether a client that has shaken hands may go on. */
export function admits({ clientAuth, allowedSans }: TlsConfig, socket: TLSSocket): boolean {
  const certificate = socket.getPeerX509Certificate();
  if (clientAuth === "RequireAnyClientCert" && !certificate) return false;
  if (clientAuth === "VerifyClientCertIfGiven" && certificate && !socket.authorized) return false;
  if (!allowedSans) return true;
  const names = subjectAltNames(certificate?.subjectAltName);
  return allowedSans.some((allowed) => names.includes(allowed));
}

// Node.js quotes as JSON what could be mistaken for several names.
const NAME = /([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy;
const KINDS = ["DNS", "IP Address", "URI", "email"];

/** DNS names, IP addresses, URIs and e-mail addresses, as Go writes them. @param text as Node.js lists them */
export function subjectAltNames(text = ""): string[] {
  return [...text.matchAll(NAME)].flatMap(([, kind = "", value = ""]) => {
    if (!KINDS.includes(kind)) return [];
    const name = value.startsWith('"') ? String(JSON.parse(value)) : value;
    return kind === "IP Address" && name.includes(":") ? [shortIpv6(name)] : [name];
  });
}

/** 2001:DB8:0:0:0:0:0:1 as 2001:db8::1 */
function shortIpv6(address: string): string {
  return new SocketAddress({ address, family: "ipv6" }).address;
}
