import {
  call,
  firstResult,
  LuaTable,
  type LuaValue,
  plainText,
  resultList,
  runtimeError,
  toText,
  typeName,
} from '../../lua/index.ts';

export type CaptureKind =
  | 'simple'
  | 'position'
  | 'constant'
  | 'argument'
  | 'backReference'
  | 'group'
  | 'fold'
  | 'substitution'
  | 'table'
  | 'text'
  | 'number'
  | 'query'
  | 'function'
  | 'values';

/** A capture that was made, with those inside it. */
export interface Capture {
  readonly kind: CaptureKind;
  readonly value: LuaValue | readonly LuaValue[];
  readonly start: number;
  readonly end: number;
  readonly inner: readonly Capture[];
}

/** Where a capture stands: what was captured before it, at its own level and around it. */
interface Place {
  readonly list: readonly Capture[];
  readonly index: number;
  readonly around: Place | undefined;
}

/** Values of the captures of a match (LPeg: lpcap.c). */
export class Evaluation {
  readonly #subject: string;
  readonly #extra: readonly LuaValue[];
  constructor(subject: string, extra: readonly LuaValue[]) {
    this.#subject = subject;
    this.#extra = extra;
  }

  /** All values of a list of captures. @param around the place of the list, where it is not the whole */
  all(list: readonly Capture[], around?: Place): LuaValue[] {
    const values: LuaValue[] = [];
    for (const index of list.keys()) values.push(...this.#values({ list, index, around }));
    return values;
  }

  /** Values of captures inside others that are not complete yet; the whole match where there are none. */
  nested(inner: readonly Capture[], before: readonly Capture[], start: number, end: number): LuaValue[] {
    const values = this.all(inner, { list: before, index: before.length, around: undefined });
    return values.length > 0 ? values : [this.#subject.slice(start, end)];
  }

  #values(place: Place): readonly LuaValue[] {
    const capture = place.list[place.index] as Capture;
    const { kind, value, start, end } = capture;
    switch (kind) {
      case 'position':
        return [start + 1];
      case 'constant':
      case 'values':
        return value as readonly LuaValue[];
      case 'argument': {
        const index = value as number;
        if (index > this.#extra.length) throw runtimeError(`reference to absent extra argument #${index}`);
        return [this.#extra[index - 1]];
      }
      case 'simple':
        return [this.#subject.slice(start, end), ...this.#inner(place)];
      case 'group':
        return value === undefined ? this.#nested(place) : [];
      case 'backReference':
        return this.#nested(this.#findGroup(place, value as LuaValue));
      case 'fold':
        return [this.#fold(place)];
      case 'substitution':
        return [this.#substitute(place)];
      case 'table':
        return [this.#table(place)];
      case 'text':
        return [this.#text(place)];
      case 'number': {
        const index = value as number;
        if (index === 0) return [];
        const values = this.#nested(place);
        if (index > values.length) throw runtimeError(`no capture '${index}'`);
        return [values[index - 1]];
      }
      case 'query': {
        const found = (value as LuaTable).get(this.#nested(place)[0]);
        return found === undefined ? [] : [found];
      }
      case 'function':
        return resultList(call(value as LuaValue, ...this.#nested(place)));
    }
  }

  #inner(place: Place): LuaValue[] {
    return this.all((place.list[place.index] as Capture).inner, place);
  }

  #nested(place: Place): LuaValue[] {
    const values = this.#inner(place);
    if (values.length > 0) return values;
    const { start, end } = place.list[place.index] as Capture;
    return [this.#subject.slice(start, end)];
  }

  #findGroup(from: Place, name: LuaValue): Place {
    for (let place: Place | undefined = from; place !== undefined; place = place.around) {
      for (let index = place.index - 1; index >= 0; index--) {
        const { kind, value } = place.list[index] as Capture;
        if (kind === 'group' && value === name && name !== undefined) return { ...place, index };
      }
    }
    throw runtimeError(`back reference '${plainText(name)}' not found`);
  }

  #fold(place: Place): LuaValue {
    const { inner, value } = place.list[place.index] as Capture;
    const parts = [...inner.keys()].map((index) => () => this.#values({ list: inner, index, around: place }));
    const first = parts[0]?.() ?? [];
    if (first.length === 0) throw runtimeError('no initial value for fold capture');
    let result = first[0];
    for (const part of parts.slice(1)) result = firstResult(call(value as LuaValue, result, ...part()));
    return result;
  }

  #table(place: Place): LuaTable {
    const { inner } = place.list[place.index] as Capture;
    const table = new LuaTable();
    let count = 0;
    for (const [index, { kind, value }] of inner.entries()) {
      const at = { list: inner, index, around: place };
      if (kind === 'group' && value !== undefined) table.set(value as LuaValue, this.#nested(at)[0]);
      else for (const one of this.#values(at)) table.set(++count, one);
    }
    return table;
  }

  #substitute(place: Place): string {
    const { inner, start, end } = place.list[place.index] as Capture;
    let out = '';
    let at = start;
    for (const [index, capture] of inner.entries()) {
      const text = this.#oneText({ list: inner, index, around: place }, 'replacement');
      out += this.#subject.slice(at, capture.start);
      if (text !== undefined) out += text;
      at = text === undefined ? capture.start : capture.end;
    }
    return out + this.#subject.slice(at, end);
  }

  /** The first value as text; undefined where there is none. */
  #oneText(place: Place, what: string): string | undefined {
    const values = this.#values(place);
    if (values.length === 0) return undefined;
    const text = toText(values[0]);
    if (text === undefined) throw runtimeError(`invalid ${what} value (a ${typeName(values[0])})`);
    return text;
  }

  /** A text with `%0` to `%9` for the match and its captures. */
  #text(place: Place): string {
    const found: Place[] = [];
    const collect = (at: Place): void => {
      found.push(at);
      const { inner } = at.list[at.index] as Capture;
      for (const [index, { kind }] of inner.entries()) {
        const one = { list: inner, index, around: at };
        if (kind === 'simple') collect(one);
        else found.push(one);
      }
    };
    collect(place);
    const format = (place.list[place.index] as Capture).value as string;
    return format.replace(/%([\s\S])/g, (_, char: string) => {
      if (!/\d/.test(char)) return char;
      const at = found[Number(char)];
      if (at === undefined) throw runtimeError(`invalid capture index (${char})`);
      const { kind, start, end } = at.list[at.index] as Capture;
      if (kind === 'simple' || at === place) return this.#subject.slice(start, end);
      const text = this.#oneText(at, 'capture');
      if (text === undefined) throw runtimeError(`no values in capture index ${char}`);
      return text;
    });
  }
}
