import {
  type Dashboard,
  type Panel,
  type RowPanel,
  VariableHide,
  type VariableModel,
  VariableType,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { refId } from "./queries.ts";

/** The dashboard as Grafana wants it: mends what the SDK's builders leave out, or put in unasked. */
export function finished(dashboard: Dashboard): Dashboard {
  const panels = (dashboard.panels ?? []).map((panel, index) => ({ ...mended(panel), id: index + 1 }));
  const templating = { list: (dashboard.templating.list ?? []).map(fixed) };
  return withoutMenuPlacement({ ...dashboard, panels, templating });
}

/** The SDK lets a link change a constant: commands that carry a token would go elsewhere. */
function fixed(variable: VariableModel): VariableModel {
  if (variable.type !== VariableType.Constant) return variable;
  return { ...variable, hide: VariableHide.HideVariable, skipUrlSync: true };
}

function mended(panel: Panel | RowPanel): Panel | RowPanel {
  if (isRow(panel)) return panel;
  const { targets = [], options } = panel;
  return {
    ...panel,
    targets: targets.map((target, index) => ({ refId: refId(index), ...target })),
    options: options?.reduceOptions
      ? { ...options, reduceOptions: withValue(options.reduceOptions) }
      : options,
  };
}

/** By default the SDK names no reducer, and then nothing is shown. */
function withValue(reduceOptions: { calcs: string[] }): { calcs: string[] } {
  return reduceOptions.calcs.length > 0 ? reduceOptions : { ...reduceOptions, calcs: ["lastNotNull"] };
}

/** By default the SDK moves links and annotations from the page into a menu. */
function withoutMenuPlacement(dashboard: Dashboard): Dashboard {
  return JSON.parse(
    JSON.stringify(dashboard, (key, value) =>
      key === "placement" && value === "inControlsMenu" ? undefined : value,
    ),
  );
}

function isRow(panel: Panel | RowPanel): panel is RowPanel {
  return panel.type === "row";
}
