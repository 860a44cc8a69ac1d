import type { LuaTable } from '../../lua/index.ts';
import { unavailable } from '../absent/unavailable.ts';
import { moduleTable } from '../modules.ts';
import type { World } from '../world.ts';
import { compressionFunctions } from './compression.ts';
import { encodingFunctions } from './encoding.ts';
import { fileFunctions } from './files.ts';
import { hostFunctions } from './host.ts';
import { mimeFunctions, terminalFunctions } from './mime.ts';
import { numberFunctions } from './numbers.ts';
import { textFunctions } from './text.ts';

/** The module `rspamd_util` (rspamd: src/lua/lua_util.c). */
export function utilModule(world: World): LuaTable {
  return moduleTable({
    ...unavailable('rspamd_util', {
      create_event_base: 'there is no event loop',
      load_rspamd_config: 'a configuration is loaded by the program only',
      config_from_ucl: 'a configuration is loaded by the program only',
      process_message: 'there is no task',
      hyperscan_notice_known: 'there is no Hyperscan',
      is_utf_spoofed: "there is no table of characters that look alike, as ICU's",
      transliterate: "there are no tables for other scripts, as ICU's",
      lock_file: 'files cannot be locked',
      unlock_file: 'files cannot be locked',
    }),
    ...compressionFunctions(world),
    ...encodingFunctions(world),
    ...fileFunctions,
    ...hostFunctions,
    ...mimeFunctions(world),
    ...numberFunctions,
    ...terminalFunctions,
    ...textFunctions(world),
  });
}
