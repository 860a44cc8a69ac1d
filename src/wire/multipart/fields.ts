import { trimBlanks } from '../blanks.ts';
import { MultipartError } from './errors.ts';

/** `form-data` requests and replies of /checkv3, `mixed` replies (rspamd: src/libserver/multipart_response.cxx). */
export type MultipartSubtype = 'form-data' | 'mixed';

/** RFC 2046, section 5.1.1. */
const boundaryForm = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

const valueForm = new RegExp(`^${token}(?:/${token})?`);

/** A parameter; no backslash in a quoted value, as Rspamd would take it for itself. */
const parameterForm = new RegExp(
  `[ \\t]*;[ \\t]*(${token})=(?:(${token})|"([^"\\\\\\x00-\\x08\\x0a-\\x1f\\x7f]*)")`,
  'y',
);

export interface FieldValue {
  /** What stands before the parameters, as written. */
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** A value with parameters; undefined where it is not of that form, or a parameter is there twice. */
export function parseField(text: string): FieldValue | undefined {
  const value = valueForm.exec(text)?.[0];
  if (value === undefined) return undefined;
  const parameters = new Map<string, string>();
  let at = value.length;
  while (at < text.length) {
    parameterForm.lastIndex = at;
    const [whole, name, bare, quoted] = parameterForm.exec(text) ?? [];
    if (whole === undefined || name === undefined || parameters.has(name)) return undefined;
    parameters.set(name, bare ?? quoted ?? '');
    at += whole.length;
  }
  return { value, parameters };
}

/** @throws MultipartError `content-type` or `boundary` */
export function parseContentType(text: string): { subtype: MultipartSubtype; boundary: string } {
  const field = parseField(trimBlanks(text));
  const type = field?.value.toLowerCase();
  if (field === undefined || (type !== 'multipart/form-data' && type !== 'multipart/mixed')) {
    throw new MultipartError('content-type', JSON.stringify(text.slice(0, 100)));
  }
  // Rspamd also puts a boundary together from `boundary*0`, `boundary*1` …
  const [[name, boundary = ''] = [], ...more] = [...field.parameters].filter(([key]) => /^boundary/i.test(key));
  if (name !== 'boundary' || more.length > 0 || !isBoundary(boundary)) throw new MultipartError('boundary');
  return { subtype: type === 'multipart/mixed' ? 'mixed' : 'form-data', boundary };
}

export function isBoundary(text: string): boolean {
  return boundaryForm.test(text);
}
