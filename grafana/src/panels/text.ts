import { PanelBuilder as TextBuilder, TextMode } from "@grafana/grafana-foundation-sdk/text";
import type { PanelBuilder, PanelOptions } from "./panel.ts";

export interface TextOptions extends Omit<PanelOptions, "noValue" | "link"> {
  /** Markdown, with the page's variables */
  content: string;
}

/** Words, and commands to copy. */
export function text({ title, description, width, height, content }: TextOptions): PanelBuilder {
  const panel = new TextBuilder().title(title).description(description).span(width).height(height);
  return panel.mode(TextMode.Markdown).content(content);
}
