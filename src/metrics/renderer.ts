import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Registry } from "prom-client";
import type { Measurement } from "../collectors/collector.ts";
import { type Format, render } from "./exposition.ts";

/** What a scrape is answered with. */
export interface Exposition {
  contentType: string;
  text: Buffer;
  /** the text as gzip has it; compressed once, when first asked for */
  zipped(): Promise<Buffer>;
}

export type Renderer = (measurements: readonly Measurement[], format: Format) => Promise<Exposition>;

const compress = promisify(gzip);

/**
 * Renders measurements together with the metrics of this process, once for each format, however many ask for the same
 * ones: a rendering takes milliseconds, in which nothing else goes on.
 */
export function createRenderer(registries: readonly Registry[]): Renderer {
  const rendered = new WeakMap<readonly Measurement[], Partial<Record<Format, Promise<Exposition>>>>();
  return (measurements, format) => {
    const known = rendered.get(measurements) ?? {};
    rendered.set(measurements, known);
    known[format] ??= expose(measurements, registries, format);
    return known[format];
  };
}

async function expose(...what: Parameters<typeof render>): Promise<Exposition> {
  const { contentType, body } = await render(...what);
  const text = Buffer.from(body);
  let zipped: Promise<Buffer> | undefined;
  return {
    contentType,
    text,
    zipped() {
      zipped ??= compress(text);
      return zipped;
    },
  };
}
