import { BUDGET_WINDOW, THRESHOLDS } from "../../../../prometheus/src/objectives.ts";
import { snapshotMax } from "../../../../prometheus/src/snapshot.ts";
import { MUTED } from "../../colours.ts";
import type { PanelBuilder } from "../../panels/panel.ts";
import { type StatOptions, stat } from "../../panels/stat.ts";
import { text } from "../../panels/text.ts";
import { scale } from "../../thresholds.ts";
import { taskSuccess } from "./success.ts";

const SIZE = { width: 4, height: 6 };

const MEANING = `**Text success**: of the texts that are not deleted, those that have a valid audio, whenever it was made.

**Task success**: of the tasks that ended in ${BUDGET_WINDOW}, those that completed. Invalid input is left out: nobody here can mend it.

A text that failed once and then completed is one success of one text, and one of two tasks.`;

/** Both meanings of success, side by side. */
export function texts(): PanelBuilder[] {
  return [
    ofTexts({
      title: "Texts",
      description:
        "Texts of the application that are not deleted, and those of them that have at least one valid audio. Both grow with what users write; if the second falls, texts or audio were deleted.",
      metrics: { all: "tts_db_texts", "with audio": "tts_db_texts_completed" },
      unit: "locale",
      decimals: 0,
    }),
    ofTexts({
      title: "Text success",
      description:
        "Texts with a valid audio among all texts: what users see. It has no objective, for texts that nobody has sent yet count too; if it sinks while tasks succeed, texts wait to be submitted.",
      metrics: { "with audio": "tts_db_success_ratio" },
      unit: "percentunit",
      decimals: 2,
    }),
    taskSuccess({
      ...SIZE,
      title: "Task success",
      description: `Tasks that completed among those that ended in ${BUDGET_WINDOW}, without invalid input: what the objective promises. It may be below the texts' ratio where tasks are tried again.`,
    }),
    text({
      title: "What success means",
      description:
        "The two ratios at the left count different things, so they differ while all is well. Alerts and budget follow the tasks' ratio.",
      width: 12,
      height: SIZE.height,
      content: MEANING,
    }),
  ];
}

interface TextsOptions extends Pick<StatOptions, "title" | "description" | "unit" | "decimals"> {
  /** by the name in the legend */
  metrics: Readonly<Record<string, `tts_db_${string}`>>;
}

function ofTexts({ metrics, ...options }: TextsOptions): PanelBuilder {
  return stat({
    ...SIZE,
    ...options,
    noValue: "not counted now",
    queries: Object.entries(metrics).map(([legend, metric]) => ({
      expr: snapshotMax(THRESHOLDS, metric).expr,
      legend,
    })),
    scale: scale(MUTED),
  });
}
