/** An audio smaller than this many bytes is a header without speech: the old monitor's measure of validity. */
export const MIN_AUDIO_BYTES = 5000;

// Characters.
export const LONGEST_AUDIO_URL = 2048;
export const LONGEST_FILENAME = 1024;

export interface Audio {
  audioUrl: string;
  filename: string;
  /** bytes */
  fileSize: number;
}

/** Whether it is large enough to be speech. */
export function isValidAudio(audio: Pick<Audio, "fileSize">): boolean {
  return audio.fileSize >= MIN_AUDIO_BYTES;
}
