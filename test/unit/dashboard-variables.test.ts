import type { ProvenLint } from "../support/dashboards/lint.ts";
import * as variables from "../support/dashboards/lints/variables.ts";
import { describeLints } from "../support/dashboards/prove.ts";
import { link, query, variable } from "../support/dashboards/sound-board.ts";

const OF_VARIABLES: ProvenLint[] = [
  {
    claim: "lets both data sources be chosen",
    lint: variables.dataSources,
    broken: [variable("postgres", { query: "mysql" }), variable("prometheus", { type: "constant" })],
  },
  {
    claim: "has the variables that sites.ts says links may set",
    lint: variables.settable,
    broken: [
      variable("worker", { name: "host" }),
      variable("worker", { skipUrlSync: true }),
      variable("worker", { type: "constant" }),
      variable("worker", { hide: 2 }),
    ],
  },
  {
    claim: "asks for its variables' values again when the time changes, from the chosen data source",
    lint: variables.fresh,
    broken: [variable("worker", { refresh: 1 }), variable("worker", { datasource: { uid: "abc" } })],
  },
  {
    claim: "lets several workers be chosen, and all",
    lint: variables.manyWorkers,
    broken: [{ multi: false }, { includeAll: false }, { type: "textbox" }].map((patch) =>
      variable("worker", patch),
    ),
  },
  {
    claim: "asks Prometheus for the values of a label",
    lint: variables.queries,
    broken: [variable("worker", { query: "query_result(up)" })],
  },
  {
    claim: "uses no variable that it lacks",
    lint: variables.unknown,
    broken: [query('up{job="$job"}'), link("${nowhere}")],
  },
  {
    claim: "uses each of its variables",
    lint: variables.unused,
    broken: [variable("worker", { name: "unused" })],
  },
  { claim: "labels its variables", lint: variables.labelled, broken: [variable("worker", { label: "" })] },
];

describeLints(OF_VARIABLES);
