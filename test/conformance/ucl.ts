import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  emitJson,
  emitUcl,
  type Parsed,
  parseFile,
  parseText,
  renderDiagnostic,
  type UclValue,
} from '../../src/ucl/index.ts';
import type { Reporter, Suite } from './suite.ts';
import { difference, lowerKeys } from './ucl/compare.ts';
import { parseJson } from './ucl/json.ts';

/**
 * UCL texts with the values they must produce. A case is `NAME.in` with one of
 *
 * - `NAME.json`: the value;
 * - `NAME.err`: the text must be refused; each line of the file must be part of what is said;
 *
 * and, if it is there, `NAME.res`: what the emitter writes after parsing, emitting and parsing again, keys in lower
 * case. They are parsed with one variable, `ABI`, without a template pass, and in an empty current directory.
 */
export const suite: Suite = {
  name: 'ucl',
  defaultFolder: '../shared/corpus/ucl',
  async run(folder, report) {
    const cwd = mkdtempSync(join(tmpdir(), 'ucl-'));
    try {
      const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      for (const name of names.filter((one) => one.endsWith('.in')).sort()) {
        runCase(folder, name.slice(0, -'.in'.length), cwd, report);
      }
    } finally {
      rmSync(cwd, { recursive: true });
    }
  },
};

const variables = [['ABI', 'unknown']] as const;

function runCase(folder: string, name: string, cwd: string, report: Reporter): void {
  const path = join(folder, name);
  const beside = (end: string): string | undefined =>
    existsSync(`${path}${end}`) ? readFileSync(`${path}${end}`, 'latin1') : undefined;
  const [json, error, emitted] = [beside('.json'), beside('.err'), beside('.res')];
  if (json === undefined && error === undefined) {
    report.skip(name, 'no value and no error is recorded for it');
    return;
  }
  const parsed = parseFile(`${path}.in`, { variables, cwd });
  const wrong =
    (json === undefined ? undefined : wrongValue(parsed, json)) ??
    (error === undefined ? undefined : wrongError(parsed, error)) ??
    (emitted === undefined || parsed.value === undefined ? undefined : wrongText(parsed.value, emitted));
  if (wrong === undefined) report.pass(name);
  else report.fail(name, wrong);
}

function wrongValue(parsed: Parsed, json: string): string | undefined {
  const value = parsed.value ?? stoppedAtTryInclude(parsed);
  if (value === undefined) return `refused: ${said(parsed)}`;
  return difference(value, parseJson(Buffer.from(json, 'latin1').toString('utf8')));
}

/**
 * The original ends a text without a word at a `.try_include` of a missing file, and what it recorded is the value up to
 * there. We refuse the text and say why; what has been read is compared all the same.
 */
function stoppedAtTryInclude({ partial, diagnostics }: Parsed): UclValue | undefined {
  const errors = diagnostics.filter((one) => one.severity === 'error');
  const silent = errors.every(({ at }) => at.source.text.startsWith('.try_include', at.offset));
  return errors.length === 1 && silent ? partial : undefined;
}

function wrongError(parsed: Parsed, error: string): string | undefined {
  if (parsed.value !== undefined) return 'accepted, but must be refused';
  const all = said(parsed);
  const missing = error.split('\n').find((line) => line !== '' && !all.includes(line));
  return missing === undefined ? undefined : `"${missing}" is not said, but: ${all}`;
}

function said({ diagnostics }: Parsed): string {
  return diagnostics.map(renderDiagnostic).join('\n');
}

/**
 * Writes, reads (the second time libucl's test program knows no variables) and writes again. Numbers are compared as
 * data, as libucl itself rounds in another way than Rspamd does.
 */
function wrongText(value: UclValue, expected: string): string | undefined {
  const written = again(lowerKeys(value), false);
  const lines = shape(expected);
  const different = shape(written).findIndex((line, at) => line !== lines[at]);
  if (different !== -1 || shape(written).length !== lines.length) {
    const at = Math.max(different, 0);
    return `line ${at + 1}: "${lines[at]}" expected, "${shape(written)[at]}" written`;
  }
  const same = plainText(again(lowerKeys(value), true)) === plainText(expected);
  return same ? undefined : 'the numbers written are not the numbers expected';
}

/** Lines without what libucl and Rspamd's copy of it write in different ways: empty brackets, numbers, single quotes. */
function shape(text: string): string[] {
  return text
    .replace(/\{\s*\}/g, '{}')
    .replace(/\[\s*\]/g, '[]')
    .replace(/^(.*[= ])-?[\d.]+(?:e[-+]?\d+)?([;,])$/gm, '$1#$2')
    .replace(/^(.*[= ])('(?:[^'\\\n]|\\.)*')([;,])$/gm, (_, start, literal, end) => start + doubleQuoted(literal) + end)
    .trim()
    .split('\n');
}

function doubleQuoted(literal: string): string {
  const { value } = parseText(`[${literal}]`);
  const [only] = value?.type === 'array' ? value.items : [];
  return only?.type === 'string' ? emitUcl({ ...only, style: 'quoted' }) : literal;
}

function again(value: UclValue, exact: boolean): string {
  const parsed = parseText(emitUcl(value, { exact }));
  return parsed.value === undefined ? said(parsed) : emitUcl(parsed.value, { exact });
}

/** What a text says, without the difference between a time and a number. */
function plainText(text: string): string {
  const { value } = parseText(text, { flags: { macros: false } });
  return value === undefined ? '' : emitJson(value);
}
