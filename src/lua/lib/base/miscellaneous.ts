import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { createContext, runInContext, runInNewContext } from 'node:vm';
import { call } from '../../runtime/calls.ts';
import { argumentError, runtimeError } from '../../runtime/errors.ts';
import { R } from '../../runtime/registers.ts';
import { firstResult, none } from '../../runtime/results.ts';
import { collectWeak, hasWeakTables } from '../../runtime/weak.ts';
import { toText } from '../../values/coercion.ts';
import { native } from '../../values/native.ts';
import { LuaTable } from '../../values/table.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../../values/types.ts';
import { Userdata } from '../../values/userdata.ts';
import { checkOption, optionalInteger } from '../arguments.ts';
import { tostring } from './values.ts';

const print = native('print', (...args) => {
  const convert = R.state.environment.getString('tostring');
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

let collector: (() => void) | undefined;

/**
 * A full collection. WeakRefs made in this run hold on to their targets until the run is over; a context with a
 * microtask queue of its own can say that it is.
 */
function fullCollection(): () => void {
  if (collector === undefined) {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const context = createContext({}, { microtaskMode: 'afterEvaluate' });
    collector = () => {
      runInContext('Promise.resolve().then(() => 0)', context);
      collect();
    };
  }
  return collector;
}

const options = ['stop', 'restart', 'collect', 'count', 'step', 'setpause', 'setstepmul', 'isrunning'] as const;

const collectgarbage = native('collectgarbage', (...args): LuaResult => {
  const option = checkOption(args, 1, options, 'collect');
  optionalInteger(args, 2, 0);
  switch (option) {
    case 'count':
      return heapInUse() / 1024;
    case 'collect':
      // V8 frees memory by itself; only weak tables let a program see when
      if (hasWeakTables()) collectWeak(fullCollection());
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
