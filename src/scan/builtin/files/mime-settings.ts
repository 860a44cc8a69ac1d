import { moduleTables, readModule } from '../../../config/index.ts';
import { get, type UclValue } from '../../../ucl/index.ts';
import { fromText, toText } from '../../message/index.ts';
import { numberOption, pairsOf, textsOf } from '../../native/index.ts';
import type { RuleContext } from '../../scanner.ts';
import type { Task } from '../../task.ts';
import {
  archiveExtensions,
  badAlone,
  badExtensions,
  isExpected,
  noArchives,
  otherTypes,
  usualTypes,
  valueOfType,
} from './tables.ts';

type Weights = ReadonlyMap<string, number>;

/** Section `mime_types`. */
export interface MimeSettings {
  readonly symbols: Readonly<Record<MimeSymbol, string>>;
  /** Below zero for a good type, above for a bad one, undefined for one that nobody knows. */
  readonly valueOfType: (type: string) => number | undefined;
  /** Extensions of files of that name are not looked at. */
  readonly isExcused: (name: string) => boolean;
  readonly badExtensions: Weights;
  /** Of a file that is all that an archive has. */
  readonly badAlone: Weights;
  readonly archiveExtensions: Weights;
  /** Documents: what is in them is not looked at. */
  readonly noArchives: ReadonlySet<string>;
  /** How much it weighs that a file of that name is declared as that; undefined where it is as it should be. */
  readonly weightOfMismatch: (extension: string, type: string) => number | undefined;
}

type MimeSymbol =
  | 'good'
  | 'bad'
  | 'unknown'
  | 'attachment'
  | 'extension'
  | 'doubleExtension'
  | 'unicode'
  | 'encrypted'
  | 'obfuscated'
  | 'nested'
  | 'splitProgram';

export function mimeSettings(context: RuleContext): MimeSettings {
  const options = readModule(moduleTables.mime_types, context.section('mime_types'), context.findings);
  const maps = context.maps;
  const { file, filename_whitelist: whitelist } = options;
  const excused = whitelist === undefined ? undefined : maps.regexps(whitelist);
  const usual = options.extension_map ?? usualTypes;
  return {
    symbols: {
      good: options.symbol_good,
      bad: options.symbol_bad,
      unknown: options.symbol_unknown,
      attachment: options.symbol_attachment,
      extension: options.symbol_bad_extension,
      doubleExtension: options.symbol_double_extension,
      unicode: options.symbol_bad_unicode,
      encrypted: options.symbol_encrypted_archive,
      obfuscated: options.symbol_obfuscated_archive,
      nested: options.symbol_archive_in_archive,
      splitProgram: options.symbol_exe_in_gen_split_rar,
    },
    valueOfType: file === undefined ? valueOfType : valuesOf(options.regexp ? maps.regexps(file) : maps.values(file)),
    isExcused: (name) => excused?.(fromText(name)) !== undefined,
    badExtensions: options.bad_extensions ?? badExtensions,
    badAlone: options.bad_archive_extensions ?? badAlone,
    archiveExtensions: options.archive_extensions ?? archiveExtensions,
    noArchives: options.archive_exceptions ?? noArchives,
    weightOfMismatch: (extension, type) => {
      const own = usual.get(extension);
      const types = own ?? otherTypes.get(extension);
      if (types === undefined || isExpected(type, types)) return undefined;
      return own === undefined ? options.other_extensions_mult : 1;
    },
  };
}

/** A line whose value is no number says nothing. */
function valuesOf(find: (type: string) => string | undefined): (type: string) => number | undefined {
  return (type) => {
    const written = find(fromText(type));
    const value = written === undefined || written.trim() === '' ? Number.NaN : Number(written);
    return Number.isNaN(value) ? undefined : value;
  };
}

/** Weights that settings add for one message. */
export interface OwnWeights {
  readonly anywhere: Weights;
  readonly inArchives: Weights;
}

/** `plugins { mime_types { bad_extensions …; bad_archive_extensions …; } }` of settings: names, or names with weights. */
export function ownWeights(task: Task): OwnWeights {
  const plugin = get(get(task.settings?.object, 'plugins'), 'mime_types');
  const weights = (name: string): Weights => {
    const value: UclValue | undefined = get(plugin, name);
    if (value?.type === 'object')
      return new Map(pairsOf(value).map(([extension]) => [toText(extension), numberOption(value, extension) ?? 1]));
    return new Map((value === undefined ? [] : textsOf(value)).map((extension) => [toText(extension), 1]));
  };
  return { anywhere: weights('bad_extensions'), inArchives: weights('bad_archive_extensions') };
}
