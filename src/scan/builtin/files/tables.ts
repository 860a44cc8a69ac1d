import { createRequire } from 'node:module';

/** Registered, but unknown to Rspamd (conf/maps.d/mime_types.inc): most of them came later. */
const late: Readonly<Record<string, string>> = {
  application: `
    activity+json bufr cbor-seq city+json cose cwl cwt dicom+json dicom+xml dns+json dns-message efi emma+xml exi
    express fdf fhir+json fhir+xml geo+json gml+xml grib index.obj java-archive jsonpath manifest+json mathml+xml
    multipart-core n-quads n-triples node opc-nodeset+xml p21 passport pem-certificate-chain pgp-keys
    pkcs8-encrypted problem+json problem+xml sarif+json sparql-query sparql-results+xml spdx+json stix+json
    taxii+json tlsrpt+gzip tlsrpt+json toml trig vc vp wasm widget x-pki-message xfdf xliff+xml xslt+xml yaml zstd
  `,
  audio: `
    aac flac flexfec g7291 matroska melp melp1200 melp2400 melp600 mhas midi-clip parityfec scip sofa tetra_acelp
    tetra_acelp_bb tsvcis usac
  `,
  font: 'collection otf sfnt ttf woff woff2',
  image: `
    aces apng avci avcs avif dicom-rle dpx emf heic heic-sequence heif heif-sequence hej2k ief j2c jaii jais jls jph
    jphc jxl jxr jxra jxrs jxs jxsc jxsi jxss ktx ktx2 svg+xml x-emf
  `,
  message: 'bhttp external-body mls ohttp-req ohttp-res partial',
  model: '3mf e57 gltf+json gltf-binary jt mesh mtl obj prc step step+xml step+zip step-xml+zip stl u3d vrml',
  multipart: 'digest multilingual parallel',
  text: `
    cql cql-expression cql-identifier enriched fhirpath flexfec gff3 hl7v2 javascript parityfec richtext shaclc shex
    spdx strings vtt wgsl
  `,
  video: `
    av1 evc ffv1 flexfec h266 jxsv lottie+json matroska matroska-3d mpeg parityfec raw scip smpte291 vc2 vp9
  `,
};

/** MIME types that IANA knows, and common ones that it does not; they tell neither good nor bad. */
const registered: ReadonlySet<string> = new Set([
  ...registeredTypes(),
  'application/ecmascript',
  'application/ics',
  'application/javascript',
  'application/rar',
  'application/x-7z-compressed',
  'application/x-excel',
  'application/x-gzip',
  'application/x-msdownload',
  'application/x-pkcs12',
  'application/x-tar',
  'application/x-zip-compressed',
  'audio/mpeg3',
  'audio/wav',
  'audio/x-mpeg-3',
  'audio/x-wav',
  'message/news',
  'message/rfc822-headers',
  'text/x-vcard',
]);

function registeredTypes(): string[] {
  const database = createRequire(import.meta.url)('mime-db') as Readonly<Record<string, { readonly source?: string }>>;
  const unknown = new Set(
    Object.entries(late).flatMap(([kind, names]) =>
      names
        .trim()
        .split(/\s+/)
        .map((name) => `${kind}/${name}`),
    ),
  );
  return Object.entries(database).flatMap(([type, { source }]) =>
    source === 'iana' && !unknown.has(type) ? [type] : [],
  );
}

/** Types that a message has for good reason, and those that no mail program makes. */
const remarkable: Readonly<Record<string, number>> = {
  'text/plain': -1,
  'multipart/alternative': -1,
  'multipart/mixed': -1,
  'multipart/related': -1,
  'multipart/encrypted': -2,
  'multipart/signed': -2,
  'multipart/appledouble': 2,
  'multipart/byteranges': 2,
  'multipart/example': 2,
  'multipart/form-data': 2,
  'multipart/header-set': 2,
  'multipart/voice-message': 2,
  'multipart/x-mixed-replace': 2,
};

/** @returns below zero for a good type, above for a bad one, undefined for one that nobody knows */
export function valueOfType(type: string): number | undefined {
  return remarkable[type] ?? (registered.has(type) ? 0 : undefined);
}

function listed(weight: number, extensions: string): (readonly [string, number])[] {
  return extensions.split(' ').map((extension) => [extension, weight] as const);
}

/** Files that run when they are opened, or that nobody sends. */
export const badExtensions: ReadonlyMap<string, number> = new Map([
  ...listed(1, 'exe htm html shtm shtml aspx'),
  ...listed(2, 'cue jar txz zpaq arj asx dqy iqy mht mhtml oqy rdp rqy sfx slk vst vss wim'),
  ...listed(3, 'cab'),
  ...listed(4, 'iso ace dll ade adp cmd cpl ins isp js jse lib mde msc msi msp mst nsh pif sct shb sys vb vbe vbs vxd'),
  ...listed(
    4,
    'wsc wsh app asp bas bat chm cnt com csh diagcab fxp gadget grp hlp hpj hta htc inf its jnlp library-ms',
  ),
  ...listed(4, 'lnk ksh mad maf mag mam maq mar mas mat mau mav maw mcf mda mdb mdt mdw mdz msh msh1 msh2 mshxml'),
  ...listed(4, 'msh1xml msh2xml msu ops osd pcd pl plg prf prg printerexport ps1 ps1xml ps2 ps2xml psc1 psc2 psd1'),
  ...listed(4, 'psdm1 pst pyc pyo pyw pyz pyzw reg scf scr search-ms shs theme url vbp vhd vhdx vsmacros vsw webpnp'),
  ...listed(4, 'website ws wsf xbap xll xnk'),
]);

/** Files that are suspicious when they are all that an archive has. */
export const badAlone: ReadonlyMap<string, number> = new Map([
  ...listed(4, 'chm hta iso lnk vbs wsf'),
  ...listed(3, 'jar'),
  ...listed(0.5, 'js'),
  ...listed(0.1, 'docx exe pdf pptx xlsx'),
]);

export const archiveExtensions: ReadonlyMap<string, number> = new Map(
  listed(1, '7z ace alz arj bz2 cab egg lz rar txz xz zip zpaq'),
);

/** Archives by their build, not for people. */
export const noArchives: ReadonlySet<string> = new Set('docx odp ods odt pptx vsdx xlsx'.split(' '));

/** Types that files of an extension may be declared as. */
export type TypesOfExtension = ReadonlyMap<string, readonly string[]>;

const office = 'application/vnd.openxmlformats-officedocument';
/** Says nothing. */
const any = 'application/octet-stream';

/** What files are declared as where the configuration says nothing of it (rspamd: conf/modules.d/mime_types.conf). */
export const usualTypes: TypesOfExtension = new Map([
  ['html', ['text/html']],
  ['txt', ['message/disposition-notification', 'text/plain', 'text/rfc822-headers']],
  ['pdf', [any, 'application/pdf', 'application/x-pdf']],
]);

/** What all others are declared as (rspamd: lualib/lua_mime_types.lua). */
export const otherTypes: TypesOfExtension = kinds({
  '7z': ['application/x-7z-compressed', 'application/7z'],
  'ai eps ps': ['application/postscript'],
  avi: ['video/x-msvideo'],
  bin: [any],
  bmp: ['image/bmp', 'image/x-ms-bmp'],
  cab: [any],
  'cer crt': ['application/x-x509-ca-cert'],
  css: ['text/css'],
  csv: ['application/vnd.ms-excel', 'text/csv', 'text/plain'],
  dll: ['application/x-msdownload'],
  'doc dot': ['application/msword'],
  docm: ['application/vnd.ms-word.document.macroEnabled.12'],
  docx: [`${office}.wordprocessingml.document`, 'application/msword', 'application/vnd.ms-word.document.12'],
  dotx: [`${office}.wordprocessingml.template`],
  eml: ['message/rfc822'],
  exe: ['application/x-dosexec', 'application/x-msdownload', 'application/x-executable'],
  flv: ['video/x-flv'],
  gif: ['image/gif'],
  gz: ['application/gzip', 'application/x-gzip', 'application/tlsrpt+gzip'],
  'htm html shtml': ['text/html'],
  ico: ['image/x-icon', 'image/vnd.microsoft.icon'],
  ics: ['text/calendar', 'application/ics'],
  ini: ['text/plain'],
  jar: ['application/java-archive'],
  'jpg jpeg': ['image/jpeg', 'image/pjpeg'],
  js: ['application/javascript'],
  json: ['application/json'],
  m4a: ['audio/m4a', 'audio/x-m4a'],
  mov: ['video/quicktime'],
  mp3: ['audio/mpeg', 'audio/mpeg3', 'audio/mp3', 'audio/x-mpeg-3'],
  mp4: ['video/mp4'],
  'mpeg mpg': ['video/mpeg'],
  msg: ['application/vnd.ms-outlook'],
  msi: ['application/x-msi'],
  odp: ['application/vnd.oasis.opendocument.presentation'],
  ods: ['application/vnd.oasis.opendocument.spreadsheet'],
  odt: ['application/vnd.oasis.opendocument.text'],
  ogg: ['audio/ogg'],
  one: ['application/onenote'],
  'p12 pfx': ['application/x-pkcs12'],
  p7m: ['application/pkcs7-mime'],
  p7s: ['application/pkcs7-signature', 'application/x-pkcs7-signature', 'text/plain'],
  pdf: ['application/pdf'],
  png: ['image/png'],
  'pot pps ppt': ['application/vnd.ms-powerpoint'],
  ppsx: [`${office}.presentationml.slideshow`],
  pptm: ['application/vnd.ms-powerpoint.presentation.macroEnabled.12'],
  pptx: [`${office}.presentationml.presentation`],
  pub: ['application/x-mspublisher'],
  rar: ['application/x-rar-compressed', 'application/x-rar', 'application/rar'],
  rtf: ['application/rtf', 'application/msword', 'text/richtext', 'text/rtf'],
  svg: ['image/svg+xml'],
  swf: ['application/x-shockwave-flash'],
  tar: ['application/x-tar'],
  tgz: ['application/x-compressed'],
  'tif tiff': ['image/tiff'],
  txt: ['text/plain'],
  vcf: ['text/x-vcard', 'text/vcard'],
  vsd: ['application/vnd.visio'],
  wav: ['audio/wav', 'audio/vnd.wave', 'audio/x-wav'],
  webm: ['video/webm'],
  webp: ['image/webp'],
  wmv: ['video/x-ms-wmv'],
  xls: ['application/excel', 'application/vnd.ms-excel', 'application/vnd.ms-office', 'application/x-excel'],
  xlsm: ['application/vnd.ms-excel.sheet.macroEnabled.12'],
  xlsx: [`${office}.spreadsheetml.sheet`, 'application/vnd.ms-excel.12'],
  xlt: ['application/vnd.ms-excel'],
  xltx: [`${office}.spreadsheetml.template`],
  xml: ['application/xml', 'text/xml'],
  xps: ['application/vnd.ms-xpsdocument'],
  zip: ['application/zip', 'application/x-zip-compressed'],
});

function kinds(table: Readonly<Record<string, readonly string[]>>): TypesOfExtension {
  const pairs = Object.entries(table).flatMap(([extensions, types]) =>
    extensions.split(' ').map((extension) => [extension, types] as const),
  );
  return new Map(pairs);
}

/** Whether a type is one of those that a file may have; one that says nothing always is. */
export function isExpected(type: string, types: readonly string[]): boolean {
  return type === any || types.includes(type);
}
