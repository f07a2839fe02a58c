import pg from "pg";

/** An operand of a shell's command line, in quotes where it needs them. */
export function shellWord(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The role that an URL logs in as. */
export function roleOf(url: string): string {
  return new pg.Client(url).user ?? "postgres";
}

/** Grants a role all that the exporter and workers need. */
export function grantCommand(role: string): string {
  return `as the schema's owner: \`tts-monitor migrate --grant.writer ${shellWord(role)}\``;
}

/** A setting of PostgreSQL and who meets it. */
export interface SettingAt {
  name: string;
  /** where it was set, as pg_settings.source has it */
  source: string;
  role: string;
  database: string;
}

/** Undoes a setting of PostgreSQL where it was made. */
export function resetCommand({ name, source, role, database }: SettingAt): string {
  const [asRole, ofDatabase] = [
    `role ${pg.escapeIdentifier(role)}`,
    `database ${pg.escapeIdentifier(database)}`,
  ];
  switch (source) {
    case "database":
      return `\`alter ${ofDatabase} reset ${name}\``;
    case "user":
      return `\`alter ${asRole} reset ${name}\``;
    case "database user":
      return `\`alter ${asRole} in ${ofDatabase} reset ${name}\``;
    default:
      return `take ${name} out of PostgreSQL's configuration, then \`select pg_reload_conf()\``;
  }
}
