import { type ByteString, toText } from '../message/index.ts';
import type { Task } from '../task.ts';

/** UTF-8 in lower case, as text. */
export function lower(bytes: ByteString): string {
  return toText(bytes).toLowerCase();
}

/** Whether two texts are the same but for their case. */
export function same(a: ByteString, b: ByteString): boolean {
  return a === b || lower(a) === lower(b);
}

/** Whether some field of that name has a decoded value like that. */
export function decodedIs(task: Task, name: string, pattern: RegExp): boolean {
  return task.message.headers.getAll(name).some(({ decoded }) => pattern.test(decoded));
}

/** Whether some field of that name has an undecoded value like that. */
export function rawIs(task: Task, name: string, pattern: RegExp): boolean {
  return task.message.headers.getAll(name).some(({ value }) => pattern.test(value));
}

export function hasHeader(task: Task, ...names: readonly string[]): boolean {
  return names.some((name) => task.message.has(name));
}

/** The highest of the steps that a count reaches, 0 for none of them. */
export function stepOf(count: number, steps: readonly number[]): number {
  return Math.max(0, ...steps.filter((step) => count >= step));
}
