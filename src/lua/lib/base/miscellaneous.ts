import { getHeapStatistics } from 'node:v8';
import { call } from '../../runtime/calls.ts';
import { fullCollection } from '../../runtime/collector.ts';
import { argumentError, runtimeError } from '../../runtime/errors.ts';
import { field } from '../../runtime/index-by-name.ts';
import { R } from '../../runtime/registers.ts';
import { firstResult, none } from '../../runtime/results.ts';
import { clearRegisters, hasWeakTables } from '../../runtime/weak.ts';
import { toText } from '../../values/coercion.ts';
import { native } from '../../values/native.ts';
import { LuaTable } from '../../values/table.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../../values/types.ts';
import { Userdata } from '../../values/userdata.ts';
import { checkOption, optionalInteger } from '../arguments.ts';
import { closeLost, flushAll } from '../io/index.ts';
import { tostring } from './values.ts';

const print = native('print', (...args) => {
  const convert = field(R.state.current.environment, 'tostring');
  const texts = args.map((value) => {
    if (convert === tostring && (typeof value === 'string' || typeof value === 'number')) return toText(value);
    const text = toText(firstResult(call(convert, value)));
    if (text === undefined) throw runtimeError("'tostring' must return a string to 'print'");
    return text;
  });
  R.state.host.write('stdout', `${texts.join('\t')}\n`);
  return none();
});

/** Bytes in use by the JavaScript heap, which is what a Lua heap would be. */
const heapInUse = (): number => getHeapStatistics().used_heap_size;

/** V8 frees memory by itself; a program sees that only by weak tables and by files that it has lost. */
function collect(): void {
  flushAll();
  if (hasWeakTables()) {
    clearRegisters();
    fullCollection();
  }
  closeLost();
}

const options = ['stop', 'restart', 'collect', 'count', 'step', 'setpause', 'setstepmul', 'isrunning'] as const;

const collectgarbage = native('collectgarbage', (...args): LuaResult => {
  const option = checkOption(args, 1, options, 'collect');
  optionalInteger(args, 2, 0);
  switch (option) {
    case 'count':
      return heapInUse() / 1024;
    case 'collect':
      collect();
      return 0;
    case 'step':
    case 'isrunning':
      return true;
    case 'setpause':
    case 'setstepmul':
      return 200;
    default:
      return 0;
  }
});

const gcinfo = native('gcinfo', () => Math.floor(heapInUse() / 1024));

const proxyMetatables = new WeakSet<LuaTable>();

function proxyMetatable(from: LuaValue): LuaTable | undefined {
  if (from === undefined || from === false) return undefined;
  if (from === true) {
    const meta = new LuaTable();
    proxyMetatables.add(meta);
    return meta;
  }
  if (from instanceof Userdata && from.meta !== undefined && proxyMetatables.has(from.meta)) return from.meta;
  throw argumentError(1, 'boolean or proxy expected');
}

const newproxy = native('newproxy', (...args) => new Userdata(undefined, proxyMetatable(args[0])));

export const miscellaneousFunctions: readonly LuaFunction[] = [print, collectgarbage, gcinfo, newproxy];
