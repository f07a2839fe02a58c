import { X509Certificate } from "node:crypto";
import { counted } from "../domain/counted.ts";
import { ConfigError } from "../errors.ts";
import { type Access, openAccess } from "../http/access/access.ts";
import { type Logger, silentLogger } from "../logger.ts";
import { type Check, type Finding, fail, ok, type Sight, warn } from "./check.ts";
import { shellWord } from "./commands.ts";

const SOON_DAYS = 14;
const DAY = 86_400_000;

/** Would `serve` start with the file of TLS and users? */
export const webConfigCheck: Check<Sight> = {
  name: "web config",
  async look({ config }) {
    const file = config.web.configFile;
    if (file === undefined) return ok("no --web.config.file: plain HTTP, open to all who reach the port");
    return judge(file, { configFile: file }, ({ tls }) => certificateFinding(tls?.options.cert));
  },
};

/** Would `serve` start with the file of tokens? */
export const tokensCheck: Check<Sight> = {
  name: "api tokens",
  async look({ config }) {
    const file = config.api.tokenFile;
    if (file === undefined) return ok("no --api.token-file: what changes something answers 403");
    return judge(file, { tokenFile: file }, () => undefined);
  },
};

/** Opens the files as `serve` does. @param more what else may be wrong with what was opened */
async function judge(
  file: string,
  settings: Parameters<typeof openAccess>[0],
  more: (access: Access) => Finding | undefined,
): Promise<Finding> {
  const warnings: Finding[] = [];
  try {
    const access = await openAccess(settings, warningsTo(warnings));
    access.close();
    return more(access) ?? warnings[0] ?? ok(`${file} is valid`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return fail(error.message, `mend ${shellWord(file)}: \`tts-monitor serve\` does not start like this`);
  }
}

/** A log of which only the warnings count: what `serve` would warn of at its start. */
function warningsTo(findings: Finding[]): Logger {
  const keep = (fields: object | string, message = String(fields)) => {
    const { file, token } = Object(fields) as { file?: string; token?: string };
    if (file !== undefined) findings.push(warn(`${file}: ${message}`, `\`chmod o-r ${shellWord(file)}\``));
    else findings.push(warn(`${token}: ${message}`, "`openssl rand -hex 24` makes a longer one"));
  };
  return { ...silentLogger, warn: keep };
}

function certificateFinding(pem: unknown): Finding | undefined {
  if (pem === undefined) return undefined;
  const { validTo } = new X509Certificate(String(pem));
  const days = Math.floor((Date.parse(validTo) - Date.now()) / DAY);
  const hint = "renew it: `serve` takes the new files within two seconds, without a restart";
  if (days < 0) return fail(`the certificate has expired on ${validTo}`, hint);
  return days < SOON_DAYS
    ? warn(`the certificate expires in ${counted(days, "day")}, on ${validTo}`, hint)
    : undefined;
}
