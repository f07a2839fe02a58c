const LINE_BREAK = 0x0a;

/**
 * The lines of a stream, without their line breaks, as bytes: other programs take U+2028 for a line break as well. What
 * comes after the last line break is a line, unless it is empty.
 * @param longest bytes that a line may have, so that what has no lines does not fill the memory
 * @throws RangeError at a longer one
 */
export async function* byteLines(
  chunks: AsyncIterable<Buffer>,
  longest: number,
): AsyncGenerator<Buffer, void, undefined> {
  let begun: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(LINE_BREAK); to !== -1; to = chunk.indexOf(LINE_BREAK, from)) {
      yield Buffer.concat([...begun, chunk.subarray(from, to)]);
      begun = [];
      size = 0;
      from = to + 1;
    }
    begun.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > longest) throw new RangeError(`a line is longer than ${longest} bytes`);
  }
  if (size > 0) yield Buffer.concat(begun);
}
