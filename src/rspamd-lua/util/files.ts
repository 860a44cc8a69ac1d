import { accessSync, closeSync, constants, mkdirSync, openSync, statSync, unlinkSync } from 'node:fs';
import {
  checkNumber,
  checkString,
  cString,
  type LuaResult,
  LuaTable,
  runtimeError,
  toNumber,
  two,
} from '../../lua/index.ts';
import { matchPaths } from '../../ucl/index.ts';
import type { Functions } from '../modules.ts';
import { systemReason } from '../system.ts';
import { record } from '../tables.ts';

/** Functions of `rspamd_util` about files (rspamd: src/lua/lua_util.c). */
export const fileFunctions: Functions = {
  file_exists: (...args) => {
    const path = cString(checkString(args, 1));
    return attempt(() => {
      accessSync(path, constants.R_OK);
      return two(true, undefined);
    });
  },
  stat: (...args) => {
    const path = cString(checkString(args, 1));
    try {
      const found = statSync(path);
      const type = found.isFile() ? 'regular' : found.isDirectory() ? 'directory' : 'special';
      return two(undefined, record({ size: found.size, mtime: Math.floor(found.mtimeMs / 1000), type }));
    } catch (error) {
      return two(systemReason(error), undefined);
    }
  },
  unlink: (...args) => {
    const path = cString(checkString(args, 1));
    return attempt(() => {
      unlinkSync(path);
      return true;
    });
  },
  mkdir: (...args) => {
    const path = cString(checkString(args, 1));
    try {
      mkdirSync(path.toString('utf8'), { recursive: args[1] === true, mode: 0o755 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return two(false, systemReason(error));
    }
    return true;
  },
  glob: (...args) => {
    const list = new LuaTable();
    for (let i = 1; i <= args.length; i++) {
      const found = matchPaths(process.cwd(), cString(checkString(args, i)).toString('latin1'));
      if (found.length === 0) return new LuaTable(); // none of them counts then
      for (const path of found) list.append(path);
    }
    return list;
  },
  create_file: (...args) => {
    const path = cString(checkString(args, 1));
    const mode = toNumber(args[1]) ?? 0o644;
    return attempt(() => openSync(path, 'w+', mode), undefined);
  },
  close_file: (...args) => {
    if (toNumber(args[0]) === undefined) throw runtimeError('invalid arguments');
    return attempt(() => {
      closeSync(checkNumber(args, 1));
      return true;
    });
  },
};

/** What a system call gives; else false (or nil) and the reason. */
function attempt(run: () => LuaResult, failed: false | undefined = false): LuaResult {
  try {
    return run();
  } catch (error) {
    return two(failed, systemReason(error));
  }
}
