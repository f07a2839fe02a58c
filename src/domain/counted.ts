/** `1 task`, `2 tasks`. @param one what one of them is called; several end in s */
export function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}
