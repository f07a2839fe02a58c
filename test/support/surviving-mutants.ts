const WHOLE = "what is counted are whole things";
const EITHER_FILTERS = "the other side of `and` asks for the same workers";

/** Mutants of rules that no test can notice, with the reason. */
export const SURVIVORS: Readonly<Record<string, string>> = {
  'TTSAlertsNotDelivered: "1" → "0.5" at 326': WHOLE,
  'TTSAlertsNotDelivered: "min" → "max" at 254': "an instance has one such series",
  'TTSDatabaseDown: "max" → "sum" at 0': "none is below 0, so the sum is 0 where the max is",
  'TTSWorkerMemoryGrowth: "{job=\\"tts-worker\\"}" → "{}" at 121': EITHER_FILTERS,
  'TTSWorkerMemoryGrowth: "{job=\\"tts-worker\\"}" → "{}" at 44': EITHER_FILTERS,
  'TTSWorkersBelowExpected: "1" → "0.5" at 40': WHOLE,
};
