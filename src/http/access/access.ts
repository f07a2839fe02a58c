import cors from "cors";
import type { RequestHandler } from "express";
import type { Logger } from "../../logger.ts";
import { requireLogin, requireToken } from "./authentication.ts";
import { createFailures } from "./failures.ts";
import { type Live, liveFiles, warnWhereOpen } from "./live-files.ts";
import { createLiveTls, type LiveTls } from "./live-tls.ts";
import { createLogin } from "./login.ts";
import { loadTokens } from "./tokens.ts";
import { loadWebConfig, type WebConfig } from "./web-config.ts";

export interface AccessSettings {
  /** TLS and users */
  configFile?: string | undefined;
  /** what the user calls the setting above */
  configSetting?: string;
  tokenFile?: string | undefined;
  corsOrigins?: readonly string[] | undefined;
  /** ms between looks at the files */
  poll?: number;
}

/** Who gets in, as the files say at the moment. */
export interface Access {
  /** what every request passes first */
  before: RequestHandler[];
  requireToken: RequestHandler;
  /** undefined: plain HTTP */
  tls: LiveTls | undefined;
  /** Looks at the files no more. */
  close(): void;
}

/** @throws ConfigError that names the setting whose file is not valid */
export async function openAccess(settings: AccessSettings, log: Logger): Promise<Access> {
  const { configFile, configSetting = "--web.config.file", tokenFile, corsOrigins, poll } = settings;
  const common = { log, ...(poll !== undefined && { poll }) };
  let tls: LiveTls | undefined;
  const tokens =
    tokenFile === undefined
      ? undefined
      : await liveFiles({
          ...common,
          setting: "--api.token-file",
          load: (read) => loadTokens(tokenFile, read, log),
        });
  const web =
    configFile === undefined
      ? OPEN
      : await liveFiles({
          ...common,
          setting: configSetting,
          load: async (read) => {
            const config = await loadWebConfig(configFile, read);
            for (const file of config.secretFiles) await warnWhereOpen(file, log);
            return withLogin(config);
          },
          onChange: (config) => {
            const followed = tls ? tls.change(config.tls) : config.tls === undefined;
            if (!followed) log.warn(RESTART);
          },
        }).catch((error) => {
          tokens?.close();
          throw error;
        });
  tls = web.value.tls && createLiveTls(web.value.tls);
  const failures = { login: createFailures(), token: createFailures() };
  return {
    before: [
      headersOf(web),
      ...(corsOrigins ? [corsFor(corsOrigins)] : []),
      requireLogin(
        () => web.value.login,
        () => tokens?.value,
        failures,
      ),
    ],
    requireToken: requireToken(() => tokens?.value, failures.token, log),
    tls,
    close() {
      web.close();
      tokens?.close();
    },
  };
}

const RESTART =
  "tls_server_config stays as it was: TLS is turned on and off, and client_auth_type changed, by a restart only";

const withLogin = (config: WebConfig) => ({ ...config, login: createLogin(config.users) });

const OPEN: Live<ReturnType<typeof withLogin>> = {
  value: withLogin({ tls: undefined, users: new Map(), headers: {}, secretFiles: [] }),
  close() {},
};

function headersOf(web: Live<WebConfig>): RequestHandler {
  return (_request, response, next) => {
    for (const [name, value] of Object.entries(web.value.headers)) {
      if (value) response.setHeader(name, value);
      else response.removeHeader(name);
    }
    next();
  };
}

/** Before the login, because a browser asks for leave without credentials. */
function corsFor(origins: readonly string[]): RequestHandler {
  return cors({
    origin: [...origins],
    methods: ["GET", "POST"],
    allowedHeaders: ["Authorization", "Content-Type", "Last-Event-ID"],
    exposedHeaders: ["Retry-After"],
    maxAge: 600,
  });
}
