import { codecEngine } from '../../../src/wire/zstd/codec.ts';
import { Zstd } from '../../../src/wire/zstd/index.ts';
import { nativeEngine } from '../../../src/wire/zstd/native.ts';

const native = nativeEngine();

/** Every implementation this Node can run; the tests run with each. */
export const engines: readonly Zstd[] = [
  new Zstd(await codecEngine()),
  ...(native === undefined ? [] : [new Zstd(native)]),
];
