import { checkOption, type LuaTable, two } from '../../lua/index.ts';
import { ZstdError } from '../../wire/zstd/index.ts';
import { type ClassDefinition, wrap } from '../classes.ts';
import { moduleTable } from '../modules.ts';
import { newText } from '../text/class.ts';
import { checkBytes } from '../text/text.ts';
import type { World } from '../world.ts';
import { decompressionLimit, loadedZstd } from './limits.ts';

/** Pieces that become one frame: it is written with the last of them, or when it is asked for. */
class Compressor {
  held: Buffer[] = [];
}

class Decompressor {
  /** Begin of a frame that has not ended. */
  held: Buffer = Buffer.alloc(0);
}

const compressorClass: ClassDefinition<Compressor> = {
  name: 'rspamd{zstd_compress}',
  constructor: Compressor,
  methods: (world) => ({
    stream: (self, args) => {
      self.held.push(Buffer.from(checkBytes(args, 2), 'latin1'));
      const how = checkOption(args, 3, ['continue', 'flush', 'end'], 'continue');
      if (how === 'continue') return newText(world, '');
      const data = Buffer.concat(self.held);
      self.held = [];
      return newText(world, loadedZstd(world, 'rspamd_zstd').compress(data).toString('latin1'));
    },
  }),
};

const decompressorClass: ClassDefinition<Decompressor> = {
  name: 'rspamd{zstd_decompress}',
  constructor: Decompressor,
  methods: (world) => ({
    stream: (self, args) => {
      const engine = loadedZstd(world, 'rspamd_zstd');
      const data = Buffer.concat([self.held, Buffer.from(checkBytes(args, 2), 'latin1')]);
      try {
        const plain = engine.decompress(data, decompressionLimit);
        self.held = Buffer.alloc(0);
        return newText(world, plain.toString('latin1'));
      } catch (error) {
        if (!(error instanceof ZstdError)) throw error;
        if (error.kind !== 'truncated') return two(undefined, error.message);
        self.held = data;
        return newText(world, '');
      }
    },
  }),
};

/** The module `rspamd_zstd` (rspamd: src/lua/lua_compress.c). */
export function zstdModule(world: World): LuaTable {
  return moduleTable({
    compress_ctx: () => wrap(world, compressorClass, new Compressor()),
    decompress_ctx: () => wrap(world, decompressorClass, new Decompressor()),
  });
}
