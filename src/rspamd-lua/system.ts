import { readFileSync, writeFileSync } from 'node:fs';
import { cString, systemError } from '../lua/index.ts';

/** What a failed system call says in C's words. Other errors are thrown on. */
export function systemReason(error: unknown): string {
  return systemError(error).text;
}

/** The bytes of a file, or why it cannot be read. */
export function readFileBytes(path: string): string | { readonly problem: string } {
  try {
    return readFileSync(cString(path), 'latin1');
  } catch (error) {
    return { problem: systemReason(error) };
  }
}

/** @returns why the file cannot be written */
export function writeFileBytes(path: string, bytes: Buffer, overwrites: boolean, mode = 0o644): string | undefined {
  try {
    writeFileSync(cString(path), bytes, { flag: overwrites ? 'w' : 'wx', mode });
    return undefined;
  } catch (error) {
    return systemReason(error);
  }
}
