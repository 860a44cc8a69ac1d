import { checkNumber, type LuaResult, type LuaValue, optionalNumber } from '../../lua/index.ts';
import type { Method } from '../classes.ts';
import type { Text } from './text.ts';

/** Statistics of the bytes of a text (rspamd: src/lua/lua_text_stats.hxx); 0 for a slice without bytes. */
export const statisticMethods: Readonly<Record<string, Method<Text>>> = {
  entropy: ({ bytes }, args) => entropy(slice(bytes, args, 2)),
  byte_mean: ({ bytes }, args) => mean(slice(bytes, args, 2), (byte) => byte),
  byte_deviation: ({ bytes }, args): LuaResult => {
    const middle = checkNumber(args, 2);
    return mean(slice(bytes, args, 3), (byte) => Math.abs(byte - middle));
  },
  serial_correlation: ({ bytes }, args) => serialCorrelation(slice(bytes, args, 2)),
  monte_carlo_pi: ({ bytes }, args) => monteCarloPi(slice(bytes, args, 2)),
};

/** The slice that a start and a length give. @param index from 1, of the start */
function slice(bytes: string, args: readonly LuaValue[], index: number): Buffer {
  const start = Math.trunc(optionalNumber(args, index, 1));
  if (start < 1 || start > bytes.length) return Buffer.alloc(0);
  const length = Math.trunc(optionalNumber(args, index + 1, bytes.length));
  return Buffer.from(bytes.slice(start - 1, start - 1 + Math.max(0, length)), 'latin1');
}

function mean(bytes: Buffer, of: (byte: number) => number): number {
  let sum = 0;
  for (const byte of bytes) sum += of(byte);
  return bytes.length === 0 ? 0 : sum / bytes.length;
}

function entropy(bytes: Buffer): number {
  const counts = new Float64Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] as number) + 1;
  return counts.reduce(
    (sum, count) => (count === 0 ? sum : sum - (count / bytes.length) * Math.log2(count / bytes.length)),
    0,
  );
}

/** What stands for a correlation of bytes that are all the same. */
const noCorrelation = -100_000;

function serialCorrelation(bytes: Buffer): number {
  if (bytes.length === 0) return 0;
  let [products, sum, squares, last] = [0, 0, 0, 0];
  for (const byte of bytes) {
    products += last * byte;
    sum += byte;
    squares += byte * byte;
    last = byte;
  }
  products += last * (bytes[0] as number);
  const divisor = bytes.length * squares - sum * sum;
  return divisor === 0 ? noCorrelation : (bytes.length * products - sum * sum) / divisor;
}

/** How far from pi the share of points in a circle is; six bytes are a point. */
function monteCarloPi(bytes: Buffer): number {
  const points = Math.floor(bytes.length / 6);
  if (points === 0) return 0;
  let inside = 0;
  for (let i = 0; i < points; i++) {
    const [x, y] = [bytes.readUIntBE(6 * i, 3), bytes.readUIntBE(6 * i + 3, 3)];
    if (x * x + y * y <= (256 ** 3 - 1) ** 2) inside++;
  }
  return Math.abs((4 * (inside / points) - Math.PI) / Math.PI);
}
