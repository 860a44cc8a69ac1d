import { caught } from '../runtime/caught.ts';
import { resume, resumeResumable, yieldError } from '../runtime/driver.ts';
import { argumentError, runtimeError } from '../runtime/errors.ts';
import { R } from '../runtime/registers.ts';
import type { Resumable } from '../runtime/requests.ts';
import { prepend, two } from '../runtime/results.ts';
import { plainBelowGenerator, Thread } from '../runtime/thread.ts';
import type { LuaError } from '../values/error.ts';
import { native } from '../values/native.ts';
import type { LuaFunction, LuaResult, LuaValue } from '../values/types.ts';
import { checkFunction } from './arguments.ts';

function checkThread(args: readonly LuaValue[]): Thread {
  const [thread] = args;
  if (!(thread instanceof Thread)) throw argumentError(1, 'coroutine expected');
  return thread;
}

export function makeThread(body: LuaFunction, environment = R.state.current.environment): Thread {
  return new Thread(body, environment, plainBelowGenerator);
}

const create = native('create', (...args) => makeThread(checkFunction(args, 1)));

/** Coroutines that may wait for each other; LuaJIT's own stack ends somewhere below twice as many. */
const deepest = 16_000;

/** Why a coroutine cannot be resumed; undefined when it can. */
function refusal(thread: Thread): string | undefined {
  if (R.state.current.depth >= deepest) return 'stack overflow';
  if (thread.status === 'suspended') return undefined;
  return thread.status === 'dead' ? 'cannot resume dead coroutine' : 'cannot resume running coroutine';
}

export const resumeFunction: LuaFunction = native(
  'resume',
  (...args): LuaResult => {
    const thread = checkThread(args);
    const refused = refusal(thread);
    if (refused !== undefined) return two(false, refused);
    try {
      return prepend([true], resume(thread, args.slice(1)));
    } catch (error) {
      return two(false, caught(error).value);
    }
  },
  function* (...args): Resumable {
    const thread = checkThread(args);
    const refused = refusal(thread);
    if (refused !== undefined) return two(false, refused);
    try {
      return prepend([true], yield* resumeResumable(thread, args.slice(1)));
    } catch (error) {
      return two(false, caught(error).value);
    }
  },
);

/** What an error of a wrapped coroutine looks like from outside: a string gets the place of the call in front. */
function wrapError(thrown: unknown): LuaError {
  const error = caught(thrown);
  return typeof error.value === 'string' ? runtimeError(error.value) : error;
}

const wrap = native('wrap', (...args) => {
  const thread = makeThread(checkFunction(args, 1));
  return native(
    'wrap_aux',
    (...values): LuaResult => {
      const refused = refusal(thread);
      if (refused !== undefined) throw runtimeError(refused);
      try {
        return resume(thread, values);
      } catch (error) {
        throw wrapError(error);
      }
    },
    function* (...values): Resumable {
      const refused = refusal(thread);
      if (refused !== undefined) throw runtimeError(refused);
      try {
        return yield* resumeResumable(thread, values);
      } catch (error) {
        throw wrapError(error);
      }
    },
  );
});

// generator code asks its thread, which knows it by its mark; plain code cannot be suspended
export const yieldFunction: LuaFunction = Object.assign(
  (): never => {
    throw yieldError();
  },
  { native: { name: 'yield', resumable: undefined, isYield: true } },
);

const running = native('running', () => {
  const { current, main } = R.state;
  return current === main ? undefined : current;
});

const status = native('status', (...args) => checkThread(args).status);

// only generator code can be suspended, and it asks through the resumable form
const isyieldable = native(
  'isyieldable',
  () => false,
  // biome-ignore lint/correctness/useYield: a resumable form is a generator even when it answers at once
  function* (): Resumable {
    return R.state.current !== R.state.main;
  },
);

export const coroutineFunctions: readonly LuaFunction[] = [
  create,
  resumeFunction,
  wrap,
  yieldFunction,
  running,
  status,
  isyieldable,
];
