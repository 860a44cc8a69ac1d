import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DecisionContext, decide } from '../../src/frontends/milter/decision.ts';
import { type MilterOptions, milterDefaults, standardActions } from '../../src/frontends/milter/index.ts';
import type { ScanResult } from '../../src/message/scan.ts';
import { encodeReplies } from '../../src/wire/milter/index.ts';
import { headerEdit, strings } from '../conformance/milter/packets.ts';
import { splitPackets, verdict } from './support.ts';

const actions: MilterOptions['actions'] = new Map([
  ...standardActions,
  ['discard', 'discard'],
  ['quarantine', 'quarantine'],
  ['mycustom', 'custom'],
  ['hold me', 'quarantine'],
]);

interface Setting {
  readonly options?: Partial<MilterOptions>;
  /** Names of the headers in the message. */
  readonly headers?: readonly string[];
  readonly granted?: number;
  readonly leadingSpace?: boolean;
  readonly rewritten?: Buffer;
}

function contextOf(setting: Setting): DecisionContext {
  return {
    options: { ...milterDefaults, actions, ...setting.options },
    actions: setting.granted ?? 0x1ff,
    leadingSpace: setting.leadingSpace ?? false,
    headerNames: setting.headers ?? [],
  };
}

/** What goes over the wire, one readable text per packet. */
function replies(result: Partial<ScanResult> | undefined, setting: Setting = {}): string[] {
  const decision = decide(verdict(result, setting.rewritten), contextOf(setting));
  const bytes = Buffer.concat(encodeReplies([...decision.edits, decision.verdict]));
  return splitPackets(bytes).map((packet) => {
    const edit = headerEdit(packet);
    if (edit === undefined) return [packet.cmd, ...strings(packet.payload)].join(' ');
    return `${edit.cmd}${edit.index ?? ''} ${edit.name}=${edit.value}`;
  });
}

const table: ReadonlyArray<readonly [string, Partial<ScanResult> | undefined, Setting, readonly string[]]> = [
  ['no result', undefined, {}, ['t']],
  ['no action', { action: 'no action' }, {}, ['a']],
  ['greylist', { action: 'greylist' }, {}, ['a']],
  ['a custom action', { action: 'mycustom' }, {}, ['a']],
  ['an unknown action', { action: 'add_header' }, {}, ['t']],
  ['an action of another spelling', { action: 'Reject' }, {}, ['t']],
  ['discard that is not configured', { action: 'discard' }, { options: { actions: standardActions } }, ['t']],
  ['add header', { action: 'add header' }, {}, ['m1 X-Spam=Yes', 'a']],
  [
    'add header over old marks',
    { action: 'add header' },
    { headers: ['x-spam', 'A', 'X-SPAM'] },
    ['m2 X-Spam=', 'm1 X-Spam=', 'm1 X-Spam=Yes', 'a'],
  ],
  [
    'add header with another name',
    { action: 'add header' },
    { options: { spamHeader: 'X-Junk' }, headers: ['X-Spam'] },
    ['m1 X-Junk=Yes', 'a'],
  ],
  [
    'rewrite subject',
    { action: 'rewrite subject', subject: '*** SPAM *** hi' },
    {},
    ['m1 Subject=*** SPAM *** hi', 'a'],
  ],
  ['rewrite subject without one', { action: 'rewrite subject' }, {}, ['a']],
  ['rewrite subject with a number', { action: 'rewrite subject', subject: 5 }, {}, ['m1 Subject=', 'a']],
  ['soft reject', { action: 'soft reject' }, {}, ['y 451 4.7.1 Try again later']],
  [
    'soft reject with the text of the option',
    { action: 'soft reject' },
    { options: { tempfailMessage: 'Later' } },
    ['y 451 4.7.1 Later'],
  ],
  [
    'soft reject with the text of the result',
    { action: 'soft reject', messages: { smtp_message: 'Greylisted' } },
    {},
    ['y 451 4.7.1 Greylisted'],
  ],
  ['reject', { action: 'reject' }, {}, ['y 554 5.7.1 Spam message rejected']],
  [
    'reject with the text of the option',
    { action: 'reject' },
    { options: { rejectMessage: 'No' } },
    ['y 554 5.7.1 No'],
  ],
  [
    'reject with the text of the result',
    { action: 'reject', messages: { smtp_message: 'Go' } },
    { options: { rejectMessage: 'No' } },
    ['y 554 5.7.1 Go'],
  ],
  ['reject with an empty text', { action: 'reject', messages: { smtp_message: '' } }, {}, ['y 554 5.7.1 ']],
  ['reject with a text that is none', { action: 'reject', messages: { smtp_message: 7 } }, {}, ['y 554 5.7.1 ']],
  [
    'reject with messages as an array',
    { action: 'reject', messages: ['x'] },
    {},
    ['y 554 5.7.1 Spam message rejected'],
  ],
  [
    'reject that discards',
    { action: 'reject' },
    { options: { discardOnReject: true, quarantineOnReject: true } },
    ['d'],
  ],
  [
    'reject that quarantines',
    { action: 'reject' },
    { options: { quarantineOnReject: true } },
    ['q Spam message quarantined', 'a'],
  ],
  [
    'reject that quarantines with a text',
    { action: 'reject', messages: { smtp_message: 'why' } },
    { options: { quarantineOnReject: true } },
    ['q why', 'a'],
  ],
  [
    'reject made to discard',
    { action: 'reject', milter: { reject: 'discard' } },
    { options: { quarantineOnReject: true } },
    ['d'],
  ],
  [
    'reject made to quarantine',
    { action: 'reject', milter: { reject: 'quarantine' } },
    {},
    ['q Spam message quarantined', 'a'],
  ],
  [
    'reject made to quarantine where the option discards',
    { action: 'reject', milter: { reject: 'quarantine' } },
    { options: { discardOnReject: true } },
    ['d'],
  ],
  [
    'reject made to reject',
    { action: 'reject', milter: { reject: 'no' } },
    { options: { discardOnReject: true, quarantineOnReject: true } },
    ['y 554 5.7.1 Spam message rejected'],
  ],
  [
    'reject with an override that is no text',
    { action: 'reject', milter: { reject: true } },
    { options: { discardOnReject: true } },
    ['d'],
  ],
  ['discard', { action: 'discard' }, {}, ['d']],
  ['quarantine', { action: 'quarantine' }, { options: { quarantineMessage: 'Held' } }, ['q Held', 'a']],
  ['an action configured to quarantine', { action: 'hold me' }, {}, ['q Spam message quarantined', 'a']],
  ['no_action', { action: 'reject', milter: { no_action: true } }, {}, ['h X-Rspamd-Action=reject', 'a']],
  ['no_action that is no boolean', { action: 'discard', milter: { no_action: 1 } }, {}, ['d']],
  [
    'spam_header with a text',
    { action: 'add header', milter: { spam_header: 'Very' } },
    { headers: ['X-Spam'] },
    ['m1 X-Spam=', 'm1 X-Spam=Very', 'a'],
  ],
  [
    'spam_header with names',
    { action: 'add header', milter: { spam_header: { A: 'b', C: 'd' } } },
    { headers: ['c', 'C'] },
    ['m1 A=b', 'm2 C=', 'm1 C=', 'm1 C=d', 'a'],
  ],
  [
    'spam_header with a value that is none',
    { action: 'add header', milter: { spam_header: { A: 1 } } },
    { headers: ['A'] },
    ['m1 A=', 'm1 A=', 'a'],
  ],
  ['spam_header with an action that does not mark', { action: 'no action', milter: { spam_header: 'x' } }, {}, ['a']],
  ['spam_header of no use', { action: 'add header', milter: { spam_header: 5 } }, {}, ['m1 X-Spam=Yes', 'a']],
  ['one signature', { 'dkim-signature': 'v=1' }, {}, ['i1 DKIM-Signature=v=1', 'a']],
  [
    'several signatures',
    { 'dkim-signature': ['v=1', 'v=2'] },
    {},
    ['i1 DKIM-Signature=v=1', 'i2 DKIM-Signature=v=2', 'a'],
  ],
  ['a milter block that is none', { milter: [1] }, {}, ['a']],
];

for (const [what, result, setting, expected] of table)
  test(`${what}: ${expected.join(', ')}`, () => assert.deepEqual(replies(result, setting), expected));

test('edits come in the order of the original, also before a rejection', () => {
  const result = {
    action: 'reject',
    'dkim-signature': 's',
    milter: {
      del_rcpt: ['d@example'],
      add_rcpt: ['a@example', 'b@example'],
      change_from: '<f@example>',
      add_headers: { New: 'n' },
      remove_headers: { Old: 0 },
    },
  };
  assert.deepEqual(replies(result, { headers: ['Old', 'old'], rewritten: Buffer.from('body\0') }), [
    'm2 Old=',
    'm1 Old=',
    'h New=n',
    'e <f@example>',
    '+ a@example',
    '+ b@example',
    '- d@example',
    'i1 DKIM-Signature=s',
    'b body',
    'y 554 5.7.1 Spam message rejected',
  ]);
});

test('after spam_header the signatures still come before the verdict, a new body is left out', () => {
  const result = { action: 'add header', 'dkim-signature': 's', milter: { spam_header: 'x', no_action: true } };
  assert.deepEqual(replies(result, { rewritten: Buffer.from('new\0') }), ['m1 X-Spam=x', 'i1 DKIM-Signature=s', 'a']);
});

test('addresses: only arrays of texts, and nothing with control bytes', () => {
  const milter = {
    add_rcpt: ['ok@example', '', 5, 'bad\0@example', 'x@example\r\n'],
    del_rcpt: 'no@example',
    change_from: 'a\nb',
  };
  assert.deepEqual(replies({ milter }), ['+ ok@example', 'a']);
  const { notes } = decide(verdict({ milter }), contextOf({}));
  assert.equal(notes.length, 5);
});

test('spam_header: a name that is none is left out', () => {
  assert.deepEqual(replies({ action: 'add header', milter: { spam_header: { 'A:': 'x', B: 'y' } } }), ['m1 B=y', 'a']);
});

test('an empty change_from makes it a bounce', () =>
  assert.deepEqual(replies({ milter: { change_from: '' } }), ['e ', 'a']));

test('an edit that the MTA did not allow is left out, with a line in the log', () => {
  const milter = {
    remove_headers: { A: 1 },
    add_headers: { B: 'b', C: { value: 'c', order: 1 } },
    change_from: 'f@x',
    add_rcpt: ['a@x'],
    del_rcpt: ['d@x'],
  };
  const setting = { headers: ['A'], rewritten: Buffer.from('b\0') };
  const bits: ReadonlyArray<readonly [number, readonly string[]]> = [
    [0x01, ['h B=b', 'i1 C=c', 'a']],
    [0x02, ['b b', 'a']],
    [0x04, ['+ a@x', 'a']],
    [0x08, ['- d@x', 'a']],
    [0x10, ['m1 A=', 'a']],
    [0x40, ['e f@x', 'a']],
    [0x00, ['a']],
  ];
  for (const [granted, expected] of bits) assert.deepEqual(replies({ milter }, { ...setting, granted }), expected);
  const { notes } = decide(verdict({ milter }, setting.rewritten), contextOf({ ...setting, granted: 0x10 }));
  assert.deepEqual(
    notes.map(({ level, text }) => [level, text]),
    [
      ['warning', 'the MTA does not allow add-header: 1 edits left out'],
      ['warning', 'the MTA does not allow insert-header: 1 edits left out'],
      ['warning', 'the MTA does not allow change-sender: 1 edits left out'],
      ['warning', 'the MTA does not allow add-recipient: 1 edits left out'],
      ['warning', 'the MTA does not allow delete-recipient: 1 edits left out'],
      ['warning', 'the MTA does not allow replace-body: 1 edits left out'],
    ],
  );
});

test('what has to happen to spam happens in another way where the MTA does not allow the usual one', () => {
  const options = { quarantineOnReject: true };
  assert.deepEqual(replies({ action: 'reject' }, { options, granted: 0x1f }), ['y 554 5.7.1 Spam message rejected']);
  assert.deepEqual(replies({ action: 'quarantine' }, { granted: 0x1f }), ['y 554 5.7.1 Spam message rejected']);
  assert.deepEqual(replies({ action: 'add header' }, { granted: 0x01, headers: ['X-Spam'] }), ['h X-Spam=Yes', 'a']);
  assert.deepEqual(replies({ action: 'add header' }, { granted: 0 }), ['a']);
});

test('texts keep the bytes they had in the reply of the scanner', () => {
  const result = { action: 'reject', messages: { smtp_message: 'né' }, milter: { add_headers: { A: 'é€' } } };
  const utf8 = decide(verdict(result), contextOf({}));
  assert.deepEqual(utf8.edits, [{ is: 'add-header', name: 'A', value: '\xc3\xa9\xe2\x82\xac' }]);
  assert.deepEqual(utf8.verdict, { is: 'reply', text: '554 5.7.1 n\xc3\xa9' });
  const latin1 = decide({ ...verdict({ milter: { add_headers: { A: '\xe9' } } }), encoding: 'latin1' }, contextOf({}));
  assert.deepEqual(latin1.edits, [{ is: 'add-header', name: 'A', value: '\xe9' }]);
});

test('values start with a space where the MTA keeps it', () => {
  const result = {
    action: 'rewrite subject',
    subject: 's',
    'dkim-signature': 'd',
    milter: { add_headers: { A: 'a', B: { value: 'b', order: 0 } }, remove_headers: { C: 1 } },
  };
  const setting = { leadingSpace: true, headers: ['C'] };
  assert.deepEqual(replies(result, setting), [
    'm1 C=',
    'h A= a',
    'i0 B= b',
    'i1 DKIM-Signature= d',
    'm1 Subject= s',
    'a',
  ]);
});

test('names that look like properties of objects are only names', () => {
  const result = JSON.parse('{"action":"__proto__","milter":{}}') as ScanResult;
  assert.deepEqual(replies(result), ['t']);
  const block = JSON.parse('{"add_headers":{"__proto__":"x","constructor":"y"},"remove_headers":{"toString":0}}');
  assert.deepEqual(replies({ milter: block }), ['h __proto__=x', 'h constructor=y', 'a']);
});

test('the worst results end in a decision', { timeout: 60_000 }, () => {
  const nonsense: unknown[] = [
    null,
    0,
    -1,
    1e300,
    Number.NaN,
    '',
    '\0',
    '\n',
    [],
    [[]],
    {},
    { value: 'x' },
    { order: 1 },
    true,
  ];
  for (const one of nonsense)
    for (const key of [
      'remove_headers',
      'add_headers',
      'change_from',
      'add_rcpt',
      'del_rcpt',
      'reject',
      'no_action',
      'spam_header',
    ])
      for (const action of ['add header', 'reject'])
        for (const value of [one, [one], { A: one }, { A: [one] }, { A: { value: one, order: one } }])
          assert.match(
            replies({ action, milter: { [key]: value } }, { headers: ['A', 'B', 'A'] }).at(-1) ?? '',
            /^[ady]/,
          );
});
