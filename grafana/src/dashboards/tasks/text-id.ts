const WRITTEN = "trim(${text_id:sqlstring})";

/** The number in the box of the page as SQL; null where it holds none. 18 digits always fit a bigint. */
export const TEXT_ID = `case when ${WRITTEN} ~ '^[0-9]{1,18}$' then (${WRITTEN})::text::bigint end`;

/** A condition: the column is the text in the box, or the box is empty. What is no number is no text's. */
export function isText(column: string): string {
  return `('' = ${WRITTEN} or ${column} = ${TEXT_ID})`;
}
