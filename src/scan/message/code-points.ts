/**
 * A test for membership in a set of code points.
 * @param ranges hexadecimal numbers and pairs of them joined by `-`, ascending, with blanks between
 */
export function codePointSet(ranges: string): (codePoint: number) => boolean {
  const bounds = Uint32Array.from(
    ranges
      .trim()
      .split(/\s+/)
      .flatMap((range) => {
        const [from = '', to = from] = range.split('-');
        return [Number.parseInt(from, 16), Number.parseInt(to, 16) + 1];
      }),
  );
  return (codePoint) => {
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((bounds[middle] as number) <= codePoint) low = middle + 1;
      else high = middle;
    }
    return low % 2 === 1;
  };
}
