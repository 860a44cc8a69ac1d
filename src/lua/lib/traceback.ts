import { hostFunction } from '../runtime/calls.ts';
import type { Prototype, SiteName } from '../runtime/prototype.ts';
import { type Frame, R } from '../runtime/registers.ts';
import { prototypeOf, siteOf } from '../runtime/stack.ts';
import type { Thread } from '../runtime/thread.ts';
import type { LuaFunction } from '../values/types.ts';
import { resumeFunction, yieldFunction } from './coroutine.ts';
import { addressOf, plainText } from './identity.ts';

/** A level of the stack as `debug.getinfo` and tracebacks show it. */
export interface Level {
  /** Absent for the function written in JavaScript that asks. */
  readonly frame: Frame | undefined;
  readonly fn: LuaFunction;
  /** Where it stands is not known any more. */
  readonly isLost?: boolean;
  readonly name: SiteName | { readonly kind: 'metamethod'; readonly name: string } | undefined;
}

/** How the function called from a frame is called there. */
function calledFrom(frame: Frame | null): Level['name'] {
  const site = frame === null ? undefined : siteOf(frame);
  if (site === undefined) return undefined;
  return site.event === undefined ? site.name : { kind: 'metamethod', name: site.event };
}

/** All levels from a frame down, the outermost function last. */
export function levelsFrom(top: Frame, asking?: LuaFunction): Level[] {
  const levels: Level[] = asking === undefined ? [] : [{ frame: undefined, fn: asking, name: calledFrom(top) }];
  for (let frame: Frame | null = top; frame?.fn !== undefined; frame = frame.previous) {
    if (frame.fn === hostFunction && R.state.isEmbedded && frame.previous?.fn === undefined) break;
    levels.push({ frame, fn: frame.fn, name: calledFrom(frame.previous) });
  }
  return levels;
}

/** All levels of a coroutine that has died of an error; the function written in JavaScript that raised it included. */
export function levelsOfFailed(thread: Thread): Level[] {
  const { top } = thread;
  if (top === thread.base) return [];
  const raised = prototypeOf(top) !== undefined && top.site >= 0;
  return levelsFrom(top, raised ? hostFunction : undefined);
}

/** All levels of a coroutine that does not run. */
export function levelsOfThread(thread: Thread): Level[] {
  switch (thread.status) {
    case 'suspended':
      return thread.body === undefined ? levelsFrom(thread.top, yieldFunction) : [];
    case 'normal':
      return levelsFrom(thread.top, resumeFunction);
    default:
      // LuaJIT has no position for the function whose operation failed
      return levelsOfFailed(thread).map((level, i) => (i === 0 ? { ...level, isLost: true } : level));
  }
}

/** Line at which a level stands; -1 for a function written in JavaScript. */
export function currentLine({ frame, isLost }: Level): number {
  return frame === undefined || isLost === true ? -1 : (siteOf(frame)?.line ?? -1);
}

export const isMain = (prototype: Prototype): boolean => prototype.id === 0;

function describe(level: Level): string {
  const prototype = level.frame === undefined ? undefined : prototypeOf(level.frame);
  const line = currentLine(level);
  if (prototype === undefined) {
    if (level.name !== undefined) return `[C]: in function '${level.name.name}'`;
    if (level.fn === hostFunction) return `[C]: at 0x${addressOf(level.fn).toString(16)}`;
    const text = plainText(level.fn).replace('function: ', '');
    return text.startsWith('builtin') ? `[${text}]: at 0x${addressOf(level.fn).toString(16)}` : `[C]: at ${text}`;
  }
  const place = `${prototype.chunk.shortName}:${line > 0 ? `${line}:` : ''}`;
  if (level.name !== undefined) return `${place} in function '${level.name.name}'`;
  if (isMain(prototype)) return `${place} in main chunk`;
  return `${place} in function <${prototype.chunk.shortName}:${prototype.line}>`;
}

const leading = 12; // levels shown from the top and from the bottom of a deep stack
const trailing = 10;

/** The text of `debug.traceback`. @param levels what is to be shown */
export function traceback(message: string | undefined, levels: readonly Level[], first: number): string {
  let shown = levels.slice(first);
  const most = leading - first;
  let text = message === undefined ? 'stack traceback:' : `${message}\nstack traceback:`;
  const skips = shown.length > most + trailing + 1;
  if (skips) {
    for (const level of shown.slice(0, most)) text += `\n\t${describe(level)}`;
    text += '\n\t...';
    shown = shown.slice(-trailing);
  }
  for (const level of shown) text += `\n\t${describe(level)}`;
  return text;
}
