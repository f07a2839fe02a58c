import type { ProvenLint } from "../support/dashboards/lint.ts";
import * as links from "../support/dashboards/lints/links.ts";
import { describeLints } from "../support/dashboards/prove.ts";
import { board, boardWith, link, query } from "../support/dashboards/sound-board.ts";

const KEPT = "${__url_time_range}&${prometheus:queryparam}&${postgres:queryparam}";

const OF_LINKS: ProvenLint[] = [
  {
    claim: "links to dashboards that are there",
    lint: links.targetsOfLinks,
    broken: [
      link(`/d/tts-nothing?${KEPT}`),
      link("http://grafana/d/tts-tasks"),
      boardWith({ type: "text", options: { content: "[there](/d/old)" } }),
      board({ links: [{ type: "link", title: "There", url: "/d/old" }] }),
    ],
  },
  {
    claim: "sets in links only variables that the other dashboard has",
    lint: links.variablesOfLinks,
    broken: [
      link(`/d/tts-tasks?var-slo=x&${KEPT}`),
      query('label_replace(up, "page", "/d/tts-tasks?var-slo=x", "", "")'),
      link(`/d/tts-task?\${worker:queryparam}&${KEPT}`),
    ],
  },
  {
    claim: "keeps the time and the data sources in links",
    lint: links.keptByLinks,
    broken: ["/d/tts-tasks?", "${__value.raw}&"].flatMap((page) =>
      KEPT.split("&").map((lost) => link(page + KEPT.replace(lost, ""))),
    ),
  },
];

describeLints(OF_LINKS);
