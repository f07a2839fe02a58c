/** Parts of the descriptions, in the templates of Prometheus. */

const WHOLE = 'printf "%.0f"';

/** The alert's own value, as a whole number. */
export const COUNT = `{{ $value | ${WHOLE} }}`;

/** The same with what is counted: `counted("task waits", "tasks wait")` is `1 task waits`, `2 tasks wait`. */
export function counted(one: string, several: string): string {
  return `${COUNT} {{ if eq (${WHOLE} $value) "1" }}${one}{{ else }}${several}{{ end }}`;
}

/** The number that a query for one sample finds; `?` where it finds none. */
export function queried(query: string): string {
  return `{{ with query \`${query}\` }}{{ . | first | value | ${WHOLE} }}{{ else }}?{{ end }}`;
}

/** The same with what is counted, as `counted` has it. */
export function queriedCount(query: string, one: string, several: string): string {
  const found = `{{ $found := . | first | value | ${WHOLE} }}{{ $found }} {{ if eq $found "1" }}${one}{{ else }}${several}{{ end }}`;
  return `{{ with query \`${query}\` }}${found}{{ else }}? ${several}{{ end }}`;
}
