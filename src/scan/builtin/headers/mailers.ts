import type { Rule } from '../../rule.ts';
import type { Task } from '../../task.ts';
import { check, single, symbol } from '../check.ts';
import { hasOnlyHtml, walkedParts } from '../parts.ts';
import { decodedIs, hasHeader, rawIs } from '../values.ts';

const mailer = (pattern: RegExp) => (task: Task) => decodedIs(task, 'X-Mailer', pattern);
const agent = (pattern: RegExp) => (task: Task) => decodedIs(task, 'User-Agent', pattern);
const id = (pattern: RegExp) => (task: Task) => decodedIs(task, 'Message-Id', pattern);

type Test = (task: Task) => boolean;

const any =
  (...tests: readonly Test[]): Test =>
  (task) =>
    tests.some((test) => test(task));
const all =
  (...tests: readonly Test[]): Test =>
  (task) =>
    tests.every((test) => test(task));
const not =
  (test: Test): Test =>
  (task) =>
    !test(task);

/** Ids that say nothing of the program, because something on the way replaced them. */
const unusableId = any(
  (task) => decodedIs(task, 'List-Unsubscribe', /<mailto:(?:leave-\S+|\S+-unsubscribe)@\S+>$/),
  (task) => decodedIs(task, 'Received', /\/CWT\/DCE\)/),
  (task) => decodedIs(task, 'Received', /iPlanet Messaging Server/),
  id(/^<?BAY\d+-DAV\d+[A-Z0-9]{25}@phx\.gbl?>$/),
  id(/^<?BAYC\d+-PASMTP\d+[A-Z0-9]{25}@CEZ\.ICE>?$/),
  id(/^<mailman\.\d+\.\d+\.\d+\.[-+.:=\w]+@[-a-zA-Z\d.]+>$/),
);

const hexId = id(/^<?(?:[0-9a-f]{8}|[0-9a-f]{12})\$[0-9a-f]{8}\$[0-9a-f]{8}@\S+>?$/);
const vistaId = id(/^<?[A-F\d]{32}@\S+>?$/);

const forgedExpress = all(
  mailer(/\bOutlook Express [456]\./),
  not(id(/^<?[A-Za-z0-9-]{7}[A-Za-z0-9]{20}@hotmail\.com>?$/m)),
  not(hexId),
  not(unusableId),
);
const forgedOutlook = all(
  mailer(/^Microsoft Outlook(?: 8| CWS, Build 9|, Build 10)\./),
  not(any(hexId, id(/^<?!~!>?/), vistaId, id(/^<?[A-F\d]{36,40}@\S+>?$/))),
  not(unusableId),
);

const yahooGroups: Test = (task) =>
  decodedIs(task, 'Received', /from \[\S+\] by \S+\.(?:groups|scd|dcn)\.yahoo\.com with NNFMP/);
const outlook = mailer(/^Microsoft Outlook\b/);

function hasTag({ message }: Task, name: string): boolean {
  return message.textParts.some(({ html }) => html?.hasTag(name) === true);
}

const batAny = mailer(/^\s*The Bat!/);
const batCommon = id(/^<?\d+\.\d+@\S+>?$/m);
const batId = id(/^<?\d+\.(?:19[789]\d|20\d\d)(?:0\d|1[012])(?:[012]\d|3[01])[0-5]\d[0-5]\d[0-5]\d@\S+>?/m);

const mozillaCommon = id(/^\s*<[\dA-F]{8}\.\d{1,7}@(?:[^>.]+\.)+[^>.]+>$/);
const mozillaUuid = id(/^\s*<[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}@(?:[^>.]+\.)+[^>.]+>$/i);
const mozillaId = id(/^\s*<(?:3[3-9A-F]|[4-9A-F][\dA-F])[\dA-F]{6}\.(?:\d0){1,4}\d@(?:[^>.]+\.)+[^>.]+>$/);
const thunderbird = agent(
  /^\s*(?:Thunderbird|Mozilla Thunderbird|Mozilla\/.*Gecko\/.*(?:Thunderbird|Betterbird|Icedove)\/)/,
);
const seamonkey = agent(/^\s*Mozilla\/5\.0\s.+\sSeaMonkey\/\d+\.\d+/);
const postbox = agent(/^\s*Mozilla\/5\.0\s\([^)]+\)\sGecko\/\d+\sPostboxApp\/\d+(?:\.\d+){2,3}$/);
const mozilla = all(agent(/^\s*Mozilla\/5\.0/), not(any(thunderbird, seamonkey, postbox)));

function mua(name: string, score: number, program: string, test: Test): Rule {
  return check(
    name,
    single(score, 'mua', `It says that ${program} wrote it, which would have done it in another way`),
    test,
  );
}

/** Two rules for each program of the Mozilla family. */
function mozillaRules(short: string, program: string, test: Test, withUuid: boolean): Rule[] {
  const shape = withUuid ? any(mozillaCommon, mozillaUuid) : mozillaCommon;
  return [
    mua(`FORGED_MUA_${short}_MSGID`, 4, program, all(test, mozillaCommon, not(mozillaId), not(unusableId))),
    mua(`FORGED_MUA_${short}_MSGID_UNKNOWN`, 2.5, program, all(test, not(shape), not(mozillaId), not(unusableId))),
  ];
}

const nextPart = (middle: string) =>
  new RegExp(`^\\s*multipart.+boundary="----=_NextPart_000_[A-Z\\d]{4}_${middle}\\.[A-Z\\d]{8}"[\\r\\n]*$`, 'si');
const boundaries: ReadonlyArray<readonly [suffix: string, score: number, pattern: RegExp]> = [
  ['', 5, nextPart('(?:00EBFFA4|0102FFA4|32C6FFA4|3302FFA4)')],
  ['2', 4, nextPart('01C6527E')],
  ['3', 3, /^\s*multipart.+boundary="-----000-00\d\d-01C[\dA-F]{5}-[\dA-F]{8}"[\r\n]*$/is],
];
const boundary4 = nextPart('01C4[\\dA-F]{4}');

const yahooId = id(/@yahoo\.com\b/i);
const yahooFrom: Test = (task) => decodedIs(task, 'From', /@yahoo\.com\b/i);
const iosMail = /^i(?:Phone|Pad) Mail \(\d{1,2}[A-Z]\d{1,4}[a-z]?\)/;

export const mailerRules: readonly Rule[] = [
  check(
    'MISSING_XM_UA',
    single(0, 'headers', 'It does not say what program wrote it'),
    (task) => !hasHeader(task, 'X-Mailer', 'User-Agent'),
  ),
  check(
    'XM_UA_NO_VERSION',
    single(0.01, 'experimental', 'The program that wrote it has no version'),
    all(
      not(any(mailer(/https?:/), agent(/https?:/))),
      any(mailer(/^[^0-9]+$/), agent(/^[^0-9]+$/)),
      not(agent(/^\s*Mozilla Thunderbird/)),
    ),
  ),
  check(
    'OLD_X_MAILER',
    single(2, 'headers', 'A program that is long out of use wrote it'),
    mailer(
      /^(?:Microsoft Outlook Express|QUALCOMM Windows Eudora (?:Pro )?Version [1-6]\.|The Bat! \(v[12]\.|Microsoft Outlook IMO, Build 9\.0\.|Microsoft Outlook, Build 10\.|i(?:Phone|Pad) Mail \((?:[1-8][A-L]|12H|13E))/,
    ),
  ),
  check(
    'FORGED_X_MAILER',
    single(4.5, 'headers', 'No program calls itself like that'),
    all(
      mailer(/^(?:X-Mailer: |(?:Mozilla )?Thunderbird \d|eGroups Message Poster|i(?:Phone|Pad) Mail)/),
      not(mailer(iosMail)),
    ),
  ),
  check(
    'APPLE_MAILER',
    single(0, 'headers', 'Apple Mail wrote it'),
    mailer(/^Apple Mail \((?:(?:Version )?[1-9]\d{0,2}\.\d{1,3}|[1-9]\d{0,2}\.\d{1,4}\.\d{1,4}\.\d{1,4})\)/),
  ),
  check('APPLE_IOS_MAILER', single(0, 'headers', 'A telephone of Apple sent it'), mailer(iosMail)),
  check(
    'MAIL_RU_MAILER',
    single(0, 'headers', 'Written at Mail.Ru'),
    all(mailer(/^Mail\.Ru Mailer 1\.0$/), (task) =>
      decodedIs(task, 'Received', /^(?:from \[\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\] )?by e\.mail\.ru with HTTP;/m),
    ),
  ),
  check(
    'YANDEX_RU_MAILER',
    single(0, 'headers', 'Written at Yandex'),
    all(mailer(/^Yamail \[ http:\/\/yandex\.ru \] 5\.0$/), (task) =>
      decodedIs(task, 'Received', /^by web\d{1,2}[a-z]\.yandex\.ru with HTTP;/m),
    ),
  ),
  check('MAILER_1C_8', single(0, 'headers', '1C:Enterprise wrote it'), mailer(/^1C:Enterprise 8\.[23]$/)),
  check(
    'FORGED_IMS',
    symbol(3, 'headers', 'It says that Internet Mail Service wrote it, which no hop shows'),
    all(
      mailer(/^Internet Mail Service \(5\./),
      (task) => !decodedIs(task, 'Received', /^by \S+ with Internet Mail Service \(5\./),
    ),
  ),
  mua(
    'FORGED_MUA_OUTLOOK',
    3,
    'Outlook',
    all(
      any(forgedExpress, forgedOutlook),
      not(mailer(/^Microsoft Outlook, Build 10\.0\.3416$/)),
      not(mailer(/^Microsoft Outlook Express 6\.00\.3790\.3959$/)),
      not(vistaId),
    ),
  ),
  check(
    'FORGED_OUTLOOK_HTML',
    single(5, 'headers', 'Outlook would have added a plain text'),
    all(not(yahooGroups), outlook, hasOnlyHtml),
    ['mime'],
  ),
  check(
    'FORGED_OUTLOOK_TAGS',
    single(2.1, 'headers', 'The HTML is not as Outlook writes it'),
    all(
      not(yahooGroups),
      outlook,
      (task) =>
        walkedParts(task).some(({ type }) => type.type === 'text') &&
        walkedParts(task).some(({ type }) => /.?html/.test(type.subtype)),
      (task) => !['html', 'head', 'meta', 'body'].every((tag) => hasTag(task, tag)),
    ),
  ),
  check(
    'MISSING_MIMEOLE',
    single(2, 'headers', 'Priority as Outlook marks it, and nothing else of Outlook'),
    all(
      (task) => hasHeader(task, 'X-MSMail-Priority') && !hasHeader(task, 'X-MimeOLE', 'X-Android-Message-Id'),
      not(mailer(/SquirrelMail\b/)),
      not(mailer(/^Microsoft (?:Office )?Outlook [12]\d\.0/)),
    ),
  ),
  check(
    'RATWARE_MS_HASH',
    single(2, 'headers', 'A Message-ID as of Exchange, and nothing else of it'),
    all(
      id(/[0-9a-f]{4,}\$[0-9a-f]{4,}\$[0-9a-f]{4,}@\S+/),
      (task) => !decodedIs(task, 'X-MimeOLE', /^Produced By Microsoft MimeOLE/),
      (task) => !decodedIs(task, 'Received', /with Microsoft Exchange Server/),
    ),
  ),
  mua('FORGED_MUA_THEBAT_MSGID', 4, 'The Bat!', all(batAny, batCommon, not(batId), not(unusableId))),
  mua('FORGED_MUA_THEBAT_MSGID_UNKNOWN', 3, 'The Bat!', all(batAny, not(batCommon), not(batId), not(unusableId))),
  check(
    'FORGED_MUA_THEBAT_BOUN',
    single(2, 'headers', 'A boundary that The Bat! does not make'),
    all(
      mailer(/^The Bat! \(v1\./),
      (task) => decodedIs(task, 'Content-Type', /boundary/i) && !decodedIs(task, 'Content-Type', /boundary="?-{10}/),
      (task) => !decodedIs(task, 'X-Mailman-Version', /\d/),
    ),
  ),
  mua(
    'FORGED_MUA_KMAIL_MSGID_UNKNOWN',
    2.5,
    'KMail',
    all(agent(/^\s*KMail\/1\.\d+\.\d+/), not(id(/^<?\s*\d+\.\d+\.\S+@\S+>?$/m)), not(unusableId)),
  ),
  mua(
    'FORGED_MUA_OPERA_MSGID',
    4,
    'Opera',
    all(agent(/^\s*Opera Mail\/1[01]\.\d+ /), not(id(/^<?op\.[a-z\d]{14}@\S+>?$/)), not(unusableId)),
  ),
  ...mozillaRules('MOZILLA_MAIL', 'Mozilla', mozilla, false),
  ...mozillaRules('THUNDERBIRD', 'Thunderbird', thunderbird, true),
  ...mozillaRules('SEAMONKEY', 'Seamonkey', seamonkey, true),
  ...mozillaRules('POSTBOX', 'Postbox', postbox, true),
  check(
    'FORGED_MSGID_YAHOO',
    single(2, 'headers', 'A Message-ID of Yahoo, and a sender elsewhere'),
    all(yahooId, not(yahooFrom)),
  ),
  check(
    'REPTO_QUOTE_YAHOO',
    single(2, 'headers', 'Yahoo does not quote names in Reply-To'),
    all((task) => decodedIs(task, 'Reply-To', /".*"\s*</), any(yahooFrom, yahooId)),
  ),
  ...boundaries.map(([suffix, score, pattern]) =>
    check(`SUSPICIOUS_BOUNDARY${suffix}`, single(score, 'mua', 'A boundary that only spam has'), (task) =>
      rawIs(task, 'Content-Type', pattern),
    ),
  ),
  check(
    'SUSPICIOUS_BOUNDARY4',
    single(4, 'mua', 'A boundary that only spam has'),
    (task) =>
      rawIs(task, 'Content-Type', boundary4) &&
      decodedIs(task, 'Date', /^\s*\w\w\w,\s+\d+\s+\w\w\w 20(?:0[56789]|1\d)/),
  ),
];
