import type { LuaFunction } from '../values/types.ts';
import { closureOf } from './closures.ts';
import type { Prototype, Site } from './prototype.ts';
import { type Frame, R } from './registers.ts';

/** The prototype that runs in a frame, when it is a Lua function's. */
export function prototypeOf(frame: Frame): Prototype | undefined {
  return frame.fn === undefined ? undefined : closureOf(frame.fn)?.prototype;
}

/** Where a Lua frame stands; undefined for a frame of the host. */
export function siteOf(frame: Frame): Site | undefined {
  const index = frame.site < 0 ? ~frame.site : frame.site;
  return prototypeOf(frame)?.chunk.sites[index];
}

/** `chunk:line: ` for a Lua frame, nothing for a frame of the host. */
export function positionOf(frame: Frame | null): string {
  if (frame === null) return '';
  const prototype = prototypeOf(frame);
  if (prototype === undefined) return '';
  const line = siteOf(frame)?.line ?? prototype.line;
  return `${prototype.chunk.shortName}:${line}: `;
}

/**
 * Frame of a level as `error` and `getfenv` count: 1 is the function that called the one written in JavaScript that
 * asks. null beyond the outermost function.
 */
export function frameAt(level: number, top: Frame = R.top): Frame | null {
  let frame: Frame | null = top;
  for (let i = 1; i < level && frame !== null; i++) frame = frame.previous;
  return frame?.fn === undefined ? null : frame;
}

export function functionAt(level: number): LuaFunction | undefined {
  return frameAt(level)?.fn;
}

/** Chunk and line at which the function of a level stands (levels as in `frameAt`); `[C]`, -1 for one of the host. */
export function placeOf(level: number): { readonly source: string; readonly line: number } | undefined {
  const frame = frameAt(level);
  if (frame === null) return undefined;
  const prototype = prototypeOf(frame);
  if (prototype === undefined) return { source: '[C]', line: -1 };
  return { source: prototype.chunk.shortName, line: siteOf(frame)?.line ?? prototype.line };
}
