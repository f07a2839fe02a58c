import { THRESHOLDS } from "../../../../prometheus/src/objectives.ts";

/** Ends of tasks in an hour, as the database saw them. */
export const SEEN = "sum(increase(tts:db_tasks_finished:max[1h]))";

/** How far from that those reported may be: TTSPlanesDisagree wants both limits passed. */
export const ALLOWED = `clamp_min(${THRESHOLDS.planesRatio} * ${SEEN}, ${THRESHOLDS.planesTasks})`;
