/** Parts of the descriptions, in the templates of Prometheus. */

/** The alert's own value, as a number of things. */
export const COUNT = '{{ $value | printf "%.0f" }}';

/** The number that a query for one sample finds; `?` where it finds none. */
export function queried(query: string): string {
  return `{{ with query \`${query}\` }}{{ . | first | value | printf "%.0f" }}{{ else }}?{{ end }}`;
}
