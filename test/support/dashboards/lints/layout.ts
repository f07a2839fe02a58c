import type { Dashboard, GridPos, Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import { repeatedIn, unless } from "../lint.ts";
import { placeOf } from "../queries.ts";
import { panelsOf, rowsOf } from "../read.ts";
import { eachPanel } from "./panels.ts";

const COLUMNS = 24;
/** The least width and height in which a panel can be read; of those that are not named, 6 by 6. */
const LEAST: Readonly<Record<string, readonly [width: number, height: number]>> = {
  stat: [3, 3],
  bargauge: [4, 4],
  text: [4, 3],
  table: [8, 5],
  "state-timeline": [8, 4],
};

export function ids(board: Dashboard): string[] {
  const found = [...panelsOf(board), ...rowsOf(board)].map(({ id }) => id ?? 0);
  return [
    ...found.filter((id) => id < 1).map((id) => `a panel with id ${id}`),
    ...repeatedIn(found).map((id) => `two panels with id ${id}`),
  ];
}

export function titles(board: Dashboard): string[] {
  return repeatedIn(panelsOf(board).map(placeOf)).map((title) => `two panels called ${title}`);
}

export const inside = eachPanel(({ gridPos }) => {
  const { x, y, w, h } = gridPos ?? { x: -1, y: -1, w: 0, h: 0 };
  const whole = [x, y, w, h].every(Number.isInteger);
  return unless(
    whole && x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= COLUMNS,
    `stands at x ${x}, ${w} wide`,
  );
});

export const size = eachPanel(({ type, gridPos }) => {
  const { w, h } = gridPos ?? { w: 0, h: 0 };
  const [width, height] = LEAST[type] ?? [6, 6];
  return unless(w >= width && h >= height, `${w} by ${h} is too small for a ${type}`);
});

export function overlaps(board: Dashboard): string[] {
  const folded = rowsOf(board).map((row) => row.panels);
  return [board.panels ?? [], ...folded].flatMap((together) =>
    together.flatMap((one, index) =>
      together
        .slice(index + 1)
        .filter((other) => cover(one.gridPos, other.gridPos))
        .map((other) => `${nameOf(one)} overlaps ${nameOf(other)}`),
    ),
  );
}

function cover(one?: GridPos, other?: GridPos): boolean {
  if (!one || !other) return false;
  const apart = one.x + one.w <= other.x || other.x + other.w <= one.x;
  const below = one.y + one.h <= other.y || other.y + other.h <= one.y;
  return !apart && !below;
}

function nameOf({ title, type, id }: Panel | RowPanel): string {
  return title || `${type} ${id}`;
}
