/** A line should have no more bytes than that. */
const width = 76;

const isSpace = (char: string | undefined): boolean => char !== undefined && /[ \t\n\f\r]/.test(char);

/**
 * Folds the value of a header field: behind separators and blanks that stand near the end of a line, before tokens that
 * go beyond it (rspamd: src/libutil/str_util.c:rspamd_header_value_fold).
 * @param stops characters behind each of which there is a fold; undefined for the usual way
 */
export function foldHeader(name: string, value: string, lineEnd: string, stops: string | undefined): string {
  return new Folder(name, value, `${lineEnd}\t`, stops).fold();
}

type State = 'token' | 'quoted' | 'after quote';

class Folder {
  readonly #value: string;
  readonly #fold: string;
  readonly #stops: string | undefined;
  #out = '';
  /** Where the token begins that has not been written. */
  #start = 0;
  #at = 0;
  /** Length of the line so far. */
  #length: number;
  #isFirst = true;

  constructor(name: string, value: string, fold: string, stops: string | undefined) {
    this.#value = value;
    this.#fold = fold;
    this.#stops = stops;
    this.#length = name.length + 2;
  }

  fold(): string {
    const value = this.#value;
    let state: State = 'token';
    let pending: 'before' | 'after' | undefined;
    while (this.#at < value.length) {
      if (pending !== undefined) {
        if (pending === 'after') this.#foldAfter();
        else this.#foldBefore();
        this.#isFirst = true;
        this.#start = this.#at;
        pending = undefined;
      } else if (state === 'quoted') {
        if (this.#at !== this.#start && value[this.#at] === '"') state = 'after quote';
        this.#at++;
        this.#length++;
      } else if (state === 'after quote') {
        state = 'token';
        this.#at++;
        this.#length++;
        this.#write(this.#at);
        this.#isFirst = true;
      } else if (this.#stops !== undefined) {
        if (this.#stops.includes(value[this.#at] as string)) pending = 'after';
        this.#at++;
      } else if (value[this.#at] === '"') {
        this.#write(this.#at);
        state = 'quoted';
      } else {
        pending = this.#read();
      }
    }
    this.#finish(state, pending);
    return this.#out;
  }

  /** One character outside quotes. @returns where a fold belongs now */
  #read(): 'before' | 'after' | undefined {
    const char = this.#value[this.#at] as string;
    const isSeparator = char === ',' || char === ';';
    const isEnd = char === '\r' || char === '\n';
    if (!isSeparator && !isSpace(char)) {
      this.#at++;
      this.#length++;
      return undefined;
    }
    const isLate = this.#length > width * 0.8 && this.#length < width && !isEnd;
    const isOver = this.#length > width && !this.#isFirst;
    if (isLate || isOver) {
      if (isSeparator) this.#at++;
      return isLate ? 'after' : 'before';
    }
    if (isEnd) {
      this.#lineEnd();
    } else if (isSeparator) {
      this.#write(this.#at + 1);
      this.#at++;
      this.#isFirst = false;
    } else {
      this.#write(this.#at);
      this.#isFirst = false;
      this.#at++;
      this.#length++;
    }
    return undefined;
  }

  #write(end: number): void {
    this.#out += this.#value.slice(this.#start, end);
    this.#start = end;
  }

  /** A fold that is there stays; a bare line end becomes one. */
  #lineEnd(): void {
    const value = this.#value;
    let end = this.#at;
    while (end < value.length && isSpace(value[end]) && value[end] !== ' ' && value[end] !== '\t') end++;
    if (value[end] === ' ' || value[end] === '\t') {
      this.#length = 0;
      while (isSpace(value[this.#at])) this.#at++;
      this.#write(this.#at);
    } else {
      this.#write(this.#at);
      this.#out += this.#fold;
      this.#at = end;
      this.#start = end;
    }
    this.#isFirst = true;
  }

  #foldAfter(): void {
    let spaces = '';
    if (this.#at > this.#start) {
      this.#write(this.#at);
      spaces = this.#takeSpaces();
    }
    this.#out += this.#fold;
    if (isSpace(this.#value[this.#at])) this.#at++;
    this.#out += spaces;
    this.#length = 0;
  }

  #foldBefore(): void {
    if (isSpace(this.#value[this.#start]) && this.#at > this.#start) this.#start++;
    let spaces = '';
    if (!/[\r\n].$/s.test(this.#out)) {
      spaces = this.#takeSpaces();
      this.#out += this.#fold;
    }
    this.#out += spaces;
    this.#length = spaces.length;
    if (this.#at > this.#start) {
      this.#length += this.#at - this.#start;
      this.#write(this.#at);
    } else {
      this.#length = 0;
    }
  }

  /** Takes the blanks off the end of what is written. @returns so many blanks */
  #takeSpaces(): string {
    const kept = this.#out.replace(/[ \t\n\f\r]+$/, '');
    const spaces = ' '.repeat(this.#out.length - kept.length);
    this.#out = kept;
    return spaces;
  }

  #finish(state: State, pending: 'before' | 'after' | undefined): void {
    const { length } = this.#value;
    if (pending !== undefined) {
      if (!isSpace(this.#out.at(-1)) && !/[\r\n]/.test(this.#value[this.#start] ?? '')) this.#out += this.#fold;
    } else if (state === 'token' && this.#stops === undefined && this.#length > width && !this.#isFirst) {
      if (isSpace(this.#value[this.#start])) this.#start++;
      this.#out += this.#fold;
    }
    this.#write(length);
  }
}
