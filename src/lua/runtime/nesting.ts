import { isMainThread, resourceLimits } from 'node:worker_threads';

/** Kilobytes of JavaScript stack: V8's default on a main thread, what the creator asked for in a worker. */
function stackKilobytes(): number {
  const option = process.execArgv.find((one) => /^--stack[-_]size=\d+$/.test(one));
  if (option !== undefined) return Number(option.slice('--stack-size='.length));
  return isMainThread ? 984 : (resourceLimits.stackSizeMb ?? 4) * 1024;
}

const kilobytesPerLevel = 8; // a native that calls back, its runner and some 16 plain Lua calls

/** How many JavaScript functions that run Lua may be on the stack at once. */
export const nestingLimit = Math.max(40, Math.floor(stackKilobytes() / kilobytesPerLevel));
