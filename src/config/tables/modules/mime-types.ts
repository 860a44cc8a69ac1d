import type { Table } from '../../option.ts';
import { enabled, map, onOff, symbol } from './shared.ts';

const weights = (help: string) =>
  ({
    kind: 'weights',
    status: 'honoured',
    help: `${help}; it takes the place of the whole table that is built in`,
    defaultText: 'those of Rspamd',
  }) as const;

/** rspamd: src/plugins/lua/mime_types.lua */
export const mimeTypesTable = {
  path: 'mime_types',
  help: 'Types and names of parts and of the files in archives',
  lenient: true,
  options: {
    enabled,
    file: {
      ...map(
        'Lines of a type and its value: below 0 good, above 0 bad, 0 neither; a type that is not there is unknown',
      ),
      defaultText: 'types that IANA knows',
    },
    regexp: onOff(false, 'The types in file are regular expressions'),
    filename_whitelist: map('Regular expressions of file names whose extensions are not looked at'),
    extension_map: {
      kind: 'lists',
      status: 'honoured',
      help: 'Types that a file of an extension may be declared as: EXTENSION = "type/subtype"; or an array of them',
      defaultText: 'html, txt and pdf',
    },
    other_extensions_mult: {
      kind: 'double',
      default: 0.4,
      status: 'honoured',
      help: 'Weight of a wrong type for extensions that are not in extension_map',
    },
    bad_extensions: weights('Extensions of dangerous files with their weights'),
    bad_archive_extensions: weights('Extensions with their weights for a file that is all that an archive has'),
    archive_extensions: weights('Extensions of archives'),
    archive_exceptions: {
      kind: 'names',
      status: 'honoured',
      help: 'Extensions of archives that are documents; what is in them is not looked at: EXTENSION = true',
      defaultText: 'docx, odp, ods, odt, pptx, vsdx, xlsx',
    },
    symbol_unknown: symbol('MIME_UNKNOWN', 'a type that is not in file'),
    symbol_bad: symbol('MIME_BAD', 'a type with a value above 0'),
    symbol_good: symbol('MIME_GOOD', 'a type with a value below 0'),
    symbol_attachment: symbol('MIME_BAD_ATTACHMENT', 'a file that is declared as something else than its name says'),
    symbol_encrypted_archive: symbol('MIME_ENCRYPTED_ARCHIVE', 'an archive that only its reader can open'),
    symbol_obfuscated_archive: symbol('MIME_OBFUSCATED_ARCHIVE', 'an archive with names that show something else'),
    symbol_exe_in_gen_split_rar: symbol('MIME_EXE_IN_GEN_SPLIT_RAR', 'a program in the volume of an archive'),
    symbol_archive_in_archive: symbol('MIME_ARCHIVE_IN_ARCHIVE', 'an archive in an archive'),
    symbol_double_extension: symbol('MIME_DOUBLE_BAD_EXTENSION', 'a dangerous extension behind another one'),
    symbol_bad_extension: symbol('MIME_BAD_EXTENSION', 'a dangerous extension'),
    symbol_bad_unicode: symbol('MIME_BAD_UNICODE', 'a name with characters that show something else'),
  },
} as const satisfies Table;
