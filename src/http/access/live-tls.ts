import type { SecureContextOptions, TLSSocket, TlsOptions } from "node:tls";
import { admits, clientAuthOptions } from "./client-certificate.ts";
import type { TlsConfig } from "./tls-config.ts";

/** How a server speaks TLS, with certificates that change while it runs. */
export interface LiveTls {
  options: TlsOptions;
  /** whether a client that has shaken hands may go on */
  admits(socket: TLSSocket): boolean;
  /** Tells the server of each change. */
  follow(apply: (context: SecureContextOptions) => void): void;
  /** @returns false, and all stays as it was, where only a restart could change it so */
  change(config: TlsConfig | undefined): boolean;
}

export function createLiveTls(first: TlsConfig): LiveTls {
  let current = first;
  let apply: (context: SecureContextOptions) => void = () => {};
  return {
    options: { ...first.context, ...clientAuthOptions(first.clientAuth) },
    admits: (socket) => admits(current, socket),
    follow(listener) {
      apply = listener;
    },
    change(config) {
      if (config?.clientAuth !== first.clientAuth) return false;
      current = config;
      apply(config.context);
      return true;
    },
  };
}
