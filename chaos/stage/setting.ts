import type { Recorder } from "../recording/recorder.ts";
import type { OwnDatabase } from "./database.ts";

/** What every part is made with. */
export interface Setting {
  recorder: Recorder;
  database: OwnDatabase;
  /** temporary, the run's own */
  folder: string;
  seed: number;
  /** A port that is free on 127.0.0.1 and stays out of the way of outgoing connections. */
  pickPort(): Promise<number>;
  /** holds the API's token */
  tokenFile: string;
}
