import { LuaTable, native, none, runtimeError, Userdata } from '../../lua/index.ts';
import { moduleTable } from '../modules.ts';
import { unavailable } from './unavailable.ts';

const reason = 'there are no C libraries';

/**
 * The module `ffi` as far as a program without C libraries can have it: declarations are taken and do nothing, so that
 * scripts which declare functions for later load; whatever would call C says that it cannot.
 */
export function ffiModule(): LuaTable {
  const table = moduleTable({
    ...unavailable(
      'ffi',
      Object.fromEntries(
        ['cast', 'copy', 'fill', 'gc', 'load', 'metatype', 'offsetof', 'sizeof', 'string', 'typeof'].map((name) => [
          name,
          reason,
        ]),
      ),
    ),
    cdef: () => none(),
    istype: () => false,
    new: (type) => {
      if (type === 'void*' || type === 'void *') return nullPointer();
      throw runtimeError(`ffi.new cannot be used here: ${reason}`);
    },
  });
  const library = new LuaTable();
  library.meta = new LuaTable();
  library.meta.set(
    '__index',
    native('__index', (_, name) => {
      throw runtimeError(`ffi.C.${String(name)} cannot be used here: ${reason}`);
    }),
  );
  table.set('C', library);
  table.set('os', 'Linux');
  table.set('arch', 'x64');
  return table;
}

function nullPointer(): Userdata {
  const meta = new LuaTable();
  meta.set(
    '__tostring',
    native('__tostring', () => 'cdata<void *>: NULL'),
  );
  return new Userdata(null, meta);
}
