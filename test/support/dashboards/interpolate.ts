/**
 * Grafana's rules for variables in queries and links, as far as our dashboards use them:
 * https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/. Where the words there leave something
 * open, its source tells: `formatRegistry.ts` and `MultiValueVariable.ts` of grafana/scenes.
 */
export interface Variable {
  value: string | readonly string[];
  /** as the page shows it; by default the values */
  text?: string;
  /** All is chosen: its values are listed, or its own value goes in as it was written */
  all?: "listed" | "verbatim";
  /** takes several values or All: Prometheus' data source takes its values for parts of a regular expression */
  many?: boolean;
}

/** @param path what follows a dot: `raw` in `${__value.raw}` */
export type Lookup = (name: string, path?: string) => Variable | undefined;

type Format = (variable: Variable, name: string) => string;

// Not the macros of SQL: those are left to the data source.
const REFERENCE = /\$(\w+)\b(?!\()|\$\{(\w+)(?:\.([^:}]+))?(?::([^}]+))?\}/g;

/**
 * The text as it is sent.
 * @param plain for variables that name no format
 * @throws for a variable that there is not, which Grafana would leave as it stands
 */
export function interpolate(text: string, lookup: Lookup, plain: Format): string {
  return text.replace(REFERENCE, (match, short?: string, long?: string, path?: string, wanted?: string) => {
    const name = short ?? long ?? "";
    const variable = lookup(name, path);
    if (!variable) throw new Error(`${match} is no variable: ${text}`);
    const format = wanted === undefined ? plain : FORMATS[wanted];
    if (!format) throw new Error(`${match}: no such format`);
    if (variable.all !== "verbatim" || format === asText || format === asQueryParameter) {
      return format(variable, name);
    }
    return format === asPercentEncoded ? encoded(String(variable.value)) : String(variable.value);
  });
}

/**
 * What Prometheus' data source does unasked; `escaping.ts` in grafana/grafana's packages/grafana-prometheus. Its backslashes
 * are doubled, for the values stand in a string of PromQL.
 */
export const asPromql: Format = ({ value, many }) => {
  if (!many) return String(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return alternatives(
    listed(value).map((one) =>
      one
        .replaceAll("\\", "\\\\\\\\")
        .replaceAll('"', '\\\\\\"')
        .replace(/[$^*{}[\]'+?.()|]/g, "\\\\$&"),
    ),
  );
};

/** What PostgreSQL's data source does unasked: nothing encloses a single value. */
export const asSql: Format = (variable, name) =>
  variable.many ? asSqlString(variable, name) : String(variable.value).replaceAll("'", "''");

/** What a data link does unasked: `getLinksSupplier` in grafana/grafana's packages/grafana-data. */
export const asUri: Format = ({ value }) => strictly(encodeURI(braced(value)));

const asText: Format = ({ value, text, all }) => (all ? "All" : (text ?? listed(value).join(" + ")));

const asSqlString: Format = ({ value }) =>
  listed(value)
    .map((one) => `'${one.replaceAll("'", "''").replaceAll('"', '\\"')}'`)
    .join(",");

const asQueryParameter: Format = ({ value, all }, name) =>
  (all ? ["$__all"] : listed(value))
    .map((one) => `var-${name}=${encodeURIComponent(one).replaceAll("%24", "$")}`)
    .join("&");

const asPercentEncoded: Format = ({ value }) => encoded(braced(value));

const FORMATS: Readonly<Record<string, Format>> = {
  raw: ({ value }) => String(value),
  csv: ({ value }) => listed(value).join(","),
  pipe: ({ value }) => listed(value).join("|"),
  regex: ({ value }) => alternatives(listed(value).map((one) => one.replace(/[\\^$*+?.()|[\]{}/]/g, "\\$&"))),
  singlequote: ({ value }) =>
    listed(value)
      .map((one) => `'${one.replaceAll("'", "\\'")}'`)
      .join(","),
  sqlstring: asSqlString,
  queryparam: asQueryParameter,
  percentencode: asPercentEncoded,
  text: asText,
};

function listed(value: Variable["value"]): readonly string[] {
  return typeof value === "string" ? [value] : value;
}

function alternatives(parts: readonly string[]): string {
  return parts.length === 1 ? String(parts[0]) : `(${parts.join("|")})`;
}

/** Lists stand in braces, were it of one value: what several workers' link percent-encodes names none of them. */
function braced(value: Variable["value"]): string {
  return typeof value === "string" ? value : `{${value.join(",")}}`;
}

function encoded(text: string): string {
  return strictly(encodeURIComponent(text));
}

/** RFC 3986, which JavaScript's own functions are older than. */
function strictly(uri: string): string {
  return uri.replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
