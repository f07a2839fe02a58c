/** How often a watch looks at its tasks. Times in ms. */
export interface Pace {
  /** between two looks at all tasks while notifications come, of which one may be lost */
  listening: number;
  /** the same while none comes */
  polling: number;
  /** between two looks at least, however often it is notified */
  gathering: number;
  /** between a look that failed and the next */
  retry: number;
}

export const PACE: Pace = { listening: 5000, polling: 1000, gathering: 25, retry: 500 };
