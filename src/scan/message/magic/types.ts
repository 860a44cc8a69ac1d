/** What content is by its looks. */
export interface DetectedType {
  /** Usual file name extension, `docx`. */
  readonly ext: string;
  readonly type: 'executable' | 'archive' | 'binary' | 'image' | 'office' | 'encrypted' | 'text' | 'message';
  /** MIME type. */
  readonly mime: string;
  /** Text that is not to be read as text. */
  readonly noText: boolean;
}

const table: ReadonlyArray<readonly [DetectedType['type'], string]> = [
  ['executable', 'exe=application/x-ms-application elf=application/x-elf-executable lnk=application/x-ms-application'],
  ['executable', 'class=application/x-java-applet bat=application/x-bat msi=application/x-msi'],
  ['binary', 'rtf=application/rtf pdf=application/pdf ps=application/postscript chm=application/x-chm'],
  ['binary', 'djvu=application/x-djvu uue=application/x-uuencoded'],
  ['archive', 'jar=application/java-archive apk=application/vnd.android.package-archive arj=application/x-arj'],
  ['archive', 'cab=application/x-cab ace=application/x-ace tar=application/x-tar bz2=application/x-bzip'],
  ['archive', 'xz=application/x-xz lz4=application/x-lz4 zst=application/x-zstandard dmg=application/x-dmg'],
  ['archive', 'iso=application/x-iso zoo=application/x-zoo egg=application/x-egg alz=application/x-alz'],
  ['archive', 'xar=application/x-xar epub=application/x-epub szdd=application/x-compressed zip=application/zip'],
  ['archive', 'rar=application/x-rar 7z=application/x-7z-compressed gz=application/gzip'],
  ['image', 'psd=image/psd pcx=image/pcx pic=image/pic tiff=image/tiff ico=image/ico png=image/png gif=image/gif'],
  ['image', 'swf=application/x-shockwave-flash jpg=image/jpeg bmp=image/bmp heic=image/heic webp=image/webp'],
  ['image', 'svg=image/svg+xml dwg=image/vnd.dwg'],
  ['office', 'ole=application/octet-stream doc=application/msword xls=application/vnd.ms-excel'],
  ['office', 'ppt=application/vnd.ms-powerpoint vsd=application/vnd.visio msg=application/vnd.ms-outlook'],
  ['office', 'docx=application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['office', 'xlsx=application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['office', 'pptx=application/vnd.openxmlformats-officedocument.presentationml.presentation'],
  ['office', 'odt=application/vnd.oasis.opendocument.text ods=application/vnd.oasis.opendocument.spreadsheet'],
  ['office', 'odp=application/vnd.oasis.opendocument.presentation asice=application/vnd.etsi.asic-e+zip'],
  ['office', 'asics=application/vnd.etsi.asic-s+zip'],
  ['encrypted', 'pgp=application/encrypted'],
  ['text', 'xml=application/xml txt=text/plain html=text/html csv=text/csv ics=text/calendar vcf=text/vcard'],
  ['message', 'eml=message/rfc822'],
];

const withoutText = new Set(['svg', 'xml', 'csv', 'ics', 'vcf']);

/** Every type that can be detected (rspamd: lualib/lua_magic/types.lua). */
const byExtension = new Map<string, DetectedType>(
  table.flatMap(([type, entries]) =>
    entries.split(' ').map((entry): [string, DetectedType] => {
      const [ext = '', mime = ''] = entry.split('=');
      return [ext, { ext, type, mime, noText: withoutText.has(ext) }];
    }),
  ),
);

/** @param ext one of the table's */
export function detectedType(ext: string): DetectedType | undefined {
  return byExtension.get(ext);
}
