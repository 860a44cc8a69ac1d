import { type MimePart, toText } from '../../message/index.ts';
import type { Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { single, symbol } from '../check.ts';
import { obscuredAt, plainName, splitName } from './names.ts';
import { archiveExtensions, badAlone, badExtensions, noArchives, valueOfType, weightOfMismatch } from './tables.ts';

const group = 'mime_types';

/** Files of one archive that are looked at. */
const maxFiles = 1000;

/** Types and names of parts and of the files in archives (rspamd: src/plugins/lua/mime_types.lua). */
export const mimeTypes: Rule = {
  name: 'MIME_TYPES_CALLBACK',
  stage: 'filter',
  symbols: {
    MIME_GOOD: single(-0.1, group, 'Parts of a usual type'),
    MIME_BAD: single(1, group, 'Parts of a type that no mail program makes'),
    MIME_UNKNOWN: single(0.1, group, 'Parts of a type that nobody knows'),
    MIME_TRACE: symbol(0, group, 'What was made of each part'),
    MIME_BAD_ATTACHMENT: single(4, group, 'The name of a file says something else than its type'),
    MIME_BAD_EXTENSION: single(2, group, 'The name of a file ends in a dangerous way'),
    MIME_DOUBLE_BAD_EXTENSION: single(3, group, 'The name of a file hides a dangerous end'),
    MIME_BAD_UNICODE: single(2, group, 'The name of a file has characters that show something else'),
    MIME_ENCRYPTED_ARCHIVE: single(2, group, 'An archive that only its reader can open'),
    MIME_OBFUSCATED_ARCHIVE: single(2, group, 'Names in an archive have characters that show something else'),
    MIME_ARCHIVE_IN_ARCHIVE: single(5, group, 'An archive in an archive'),
    MIME_EXE_IN_GEN_SPLIT_RAR: single(5, group, 'A program in the volume of an archive'),
  },
  run: (task) => {
    for (const part of task.message.parts) new PartCheck(task, part).run();
  },
};

class PartCheck {
  readonly #task: Task;
  readonly #part: MimePart;
  readonly #name: string;
  readonly #type: string;

  constructor(task: Task, part: MimePart) {
    this.#task = task;
    this.#part = part;
    this.#name = toText(part.filename);
    this.#type = toText(`${part.type.type}/${part.type.subtype}`);
  }

  run(): void {
    const { detected } = this.#part;
    if (this.#name !== '') this.#checkName(this.#name, this.#type, detected?.ext);
    if (this.#part.archive !== undefined) this.#archive(this.#part.archive);
    this.#value();
  }

  #insert(symbol: string, multiplier: number, options: readonly string[]): void {
    this.#task.insert(symbol, multiplier, options);
  }

  #trace(sign: '+' | '-' | '~'): void {
    this.#insert('MIME_TRACE', 0, [`${this.#part.id}:${sign}`]);
  }

  #found(symbol: string, multiplier: number, options: readonly string[]): void {
    this.#insert(symbol, multiplier, options);
    this.#trace('-');
  }

  #value(): void {
    const { detected } = this.#part;
    let value = valueOfType(this.#type);
    const differs = detected !== undefined && detected.mime !== this.#type;
    if (differs) {
      const own = valueOfType(detected.mime);
      if (value === undefined || (own !== undefined && own > value)) value = own;
    }
    if (value === undefined) {
      this.#insert('MIME_UNKNOWN', 1, [this.#type]);
      this.#trace('~');
    } else if (value > 0) {
      this.#found('MIME_BAD', value * (differs ? 1.5 : 1), [differs ? `${this.#type}:${detected.mime}` : this.#type]);
    } else {
      if (value < 0) this.#insert('MIME_GOOD', -value, [this.#type]);
      this.#trace(value < 0 ? '+' : '~');
    }
  }

  /** @param type as declared; undefined for a file in an archive, of which `files` tells how many there are */
  #checkName(given: string, type: string | undefined, detected: string | undefined, files?: number): void {
    const obscured = obscuredAt(given);
    if (obscured !== undefined)
      this.#insert('MIME_BAD_UNICODE', 1, [`0x${obscured.codePoint.toString(16)}d after ${obscured.before}`]);
    const { extension, before, pieces } = splitName(plainName(given));
    if (detected !== undefined && extension !== detected && files === undefined)
      this.#checkName(`detected.${detected}`, this.#part.detected?.mime, undefined);
    if (extension === undefined) return;
    const badness = (of: string) =>
      (files !== undefined && files < 2 ? badAlone.get(of) : undefined) ?? badExtensions.get(of);
    const hidden =
      before === undefined || (files === undefined && detected === extension) ? undefined : badness(before);
    this.#extension(extension, before, pieces, badness(extension), hidden);
    this.#nested(extension, before, files);
    const mismatch = type === undefined ? undefined : weightOfMismatch(extension, type);
    if (mismatch !== undefined) this.#insert('MIME_BAD_ATTACHMENT', mismatch, [`${extension}:${type}`]);
  }

  #extension(
    extension: string,
    before: string | undefined,
    pieces: number,
    own: number | undefined,
    hidden: number | undefined,
  ): void {
    if (own === undefined && hidden === undefined) return;
    // A date or a number before the end is no extension.
    if (pieces > 2 && before !== undefined && /^.{1,4}$/s.test(before) && !/^\d+[\])]?$/.test(before))
      this.#found('MIME_DOUBLE_BAD_EXTENSION', Math.max(own ?? 0, hidden ?? 0), [`.${before}.${extension}`]);
    else if (own !== undefined) this.#found('MIME_BAD_EXTENSION', own, [extension]);
  }

  #nested(extension: string, before: string | undefined, files: number | undefined): void {
    if (files !== undefined) {
      if (archiveExtensions.has(extension)) this.#found('MIME_ARCHIVE_IN_ARCHIVE', 1, [extension]);
    } else if (before !== undefined && archiveExtensions.has(before) && !/^\d+$/.test(extension)) {
      this.#found('MIME_ARCHIVE_IN_ARCHIVE', 1, [`.${before}.${extension}`]);
    }
  }

  #archive({ type, files, encrypted, obfuscated, unreadable }: NonNullable<MimePart['archive']>): void {
    const name = this.#name === '' ? [] : [this.#name];
    if (encrypted) this.#found('MIME_ENCRYPTED_ARCHIVE', 1, name);
    else if (unreadable) this.#found('MIME_ENCRYPTED_ARCHIVE', 0.5, ['compressed header', ...name]);
    else if (obfuscated) this.#found('MIME_OBFUSCATED_ARCHIVE', 1, ['obfuscated archive', ...name]);
    const { extension, before } = splitName(this.#name);
    const isDocument = this.#part.detected !== undefined && this.#part.detected.type !== 'archive';
    if (isDocument || (extension !== undefined && noArchives.has(extension))) return;
    const isVolume = /^\d{3}$/.test(extension ?? '') && type === 'rar';
    for (const file of files.slice(0, maxFiles)) {
      const own = toText(file.name);
      if (file.encrypted) this.#found('MIME_ENCRYPTED_ARCHIVE', 1, [own]);
      if (own === '') continue;
      if (isVolume && splitName(own).extension === 'exe') this.#insert('MIME_EXE_IN_GEN_SPLIT_RAR', 1, [own]);
      else this.#checkName(own, undefined, undefined, files.length);
    }
    const inner = files.length === 1 ? splitName(toText(files[0]?.name ?? '')).extension : undefined;
    if (inner === undefined || before === undefined || before === '' || !badExtensions.has(inner)) return;
    if (inner !== before && !/^\d+$/.test(before))
      this.#insert('MIME_DOUBLE_BAD_EXTENSION', 2, [`${before}!=${inner}`]);
  }
}
