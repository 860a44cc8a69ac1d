import assert from 'node:assert/strict';
import { test } from 'node:test';
import { find, findingsOf, mapFiles, mixed, zip } from './support.ts';

const limit = { timeout: 60_000 };

const attachment = (name: string, type = 'application/octet-stream', body: string | Buffer = 'x') => ({
  text: mixed([{ type: 'text/plain' }, { type, name, body }]),
});

test('values of types come from the files', limit, async (t) => {
  const path = mapFiles(t, {
    types: '# comment\ntext/plain -2\nmultipart/mixed 0\nimage/x-odd 3\nTEXT/HTML 1\n',
    patterns: '/^text\\/.*/ -1\n/^image/i 2\n',
  });
  const mail = { text: mixed([{ type: 'text/plain' }, { type: 'image/x-odd' }, { type: 'application/foo' }]) };
  const found = await find(`mime_types { file = "${path('types')}"; }`, mail);
  assert.deepEqual(found['MIME_GOOD'], [-0.2, 'text/plain']);
  assert.deepEqual(found['MIME_BAD'], [3, 'image/x-odd']);
  assert.deepEqual(found['MIME_UNKNOWN'], [0.1, 'application/foo']);
  const patterns = await find(`mime_types { regexp = true; file = "${path('patterns')}"; }`, mail);
  assert.deepEqual(patterns['MIME_GOOD'], [-0.1, 'text/plain']);
  assert.deepEqual(patterns['MIME_BAD'], [2, 'image/x-odd']);
  const inline = await find('mime_types { file = ["text/plain -3", "multipart/mixed 0"]; }', mail);
  assert.equal(inline['MIME_GOOD']?.[0], -0.3);
});

test('tables of extensions take the place of those that are built in', limit, async () => {
  const bad = 'mime_types { bad_extensions { foo = 3; } }';
  assert.deepEqual((await find(bad, attachment('a.foo')))['MIME_BAD_EXTENSION'], [6, 'foo']);
  assert.equal((await find(bad, attachment('a.exe')))['MIME_BAD_EXTENSION'], undefined);
  assert.deepEqual((await find(bad, attachment('a.txt.foo')))['MIME_DOUBLE_BAD_EXTENSION'], [9, '.txt.foo']);
  const packed = attachment('a.zip', 'application/zip', zip({ 'b.bar': 'x' }));
  const alone = await find('mime_types { bad_archive_extensions { bar = 2; } }', packed);
  assert.deepEqual(alone['MIME_BAD_EXTENSION'], [4, 'bar']);
  const nested = await find('mime_types { archive_extensions { bar = 1; } }', packed);
  assert.deepEqual(nested['MIME_ARCHIVE_IN_ARCHIVE'], [5, 'bar']);
  const script = attachment('a.zip', 'application/zip', zip({ 'b.vbs': 'x' }));
  assert.ok((await find('', script))['MIME_BAD_EXTENSION']);
  assert.equal(
    (await find('mime_types { archive_exceptions { zip = true; } }', script))['MIME_BAD_EXTENSION'],
    undefined,
  );
  const document = attachment('a.odt', 'application/zip', zip({ 'b.vbs': 'x' }));
  assert.ok((await find('mime_types { archive_exceptions { odt = false; } }', document))['MIME_BAD_EXTENSION']);
});

test('what files are declared as; names that are not looked at', limit, async (t) => {
  const own = 'mime_types { extension_map { foo = ["text/x-foo", "text/plain"]; bar = "text/x-bar"; } }';
  assert.deepEqual((await find(own, attachment('a.foo', 'image/png')))['MIME_BAD_ATTACHMENT'], [4, 'foo:image/png']);
  assert.equal((await find(own, attachment('a.foo', 'text/plain')))['MIME_BAD_ATTACHMENT'], undefined);
  assert.deepEqual((await find(own, attachment('a.bar', 'image/png')))['MIME_BAD_ATTACHMENT'], [4, 'bar:image/png']);
  const others = 'mime_types { other_extensions_mult = 0.8; }';
  assert.deepEqual((await find(others, attachment('a.jpg', 'text/css')))['MIME_BAD_ATTACHMENT'], [3.2, 'jpg:text/css']);
  const path = mapFiles(t, { names: '/^known\\.exe$/\n' });
  const excused = `mime_types { filename_whitelist = "${path('names')}"; }`;
  assert.equal((await find(excused, attachment('known.exe')))['MIME_BAD_EXTENSION'], undefined);
  assert.ok((await find(excused, attachment('unknown.exe')))['MIME_BAD_EXTENSION']);
});

test('symbols have the names that the operator gives', limit, async () => {
  const names = {
    symbol_unknown: 'X_UNKNOWN',
    symbol_bad: 'X_BAD',
    symbol_good: 'X_GOOD',
    symbol_attachment: 'X_ATTACHMENT',
    symbol_encrypted_archive: 'X_ENCRYPTED',
    symbol_obfuscated_archive: 'X_OBFUSCATED',
    symbol_exe_in_gen_split_rar: 'X_SPLIT',
    symbol_archive_in_archive: 'X_NESTED',
    symbol_double_extension: 'X_DOUBLE',
    symbol_bad_extension: 'X_EXTENSION',
    symbol_bad_unicode: 'X_UNICODE',
  };
  const section = `mime_types { ${Object.entries(names)
    .map(([option, name]) => `${option} = "${name}";`)
    .join(' ')} }`;
  const text = mixed([
    { type: 'text/plain' },
    { type: 'multipart/x-mixed-replace; boundary=y', body: '--y--' },
    { type: 'application/x-nobody-knows' },
    { type: 'image/png', name: 'a.html' },
    { type: 'application/octet-stream', name: 'a.txt.exe' },
    { type: 'application/octet-stream', name: 'b.vbs' },
    { type: 'application/octet-stream', name: 'b\u202e.png' },
    { type: 'application/zip', name: 'c.zip', body: zip({ 'd.zip': 'x', 'e.txt': 'y' }) },
  ]);
  const found = await find(section, { text: Buffer.from(text).toString('latin1') });
  const shown = Object.keys(found).filter(
    (name) => /^(?:X|MIME)_/.test(name) && !/^MIME_(?:BASE64|HTML|TRACE)/.test(name),
  );
  const seen = ['X_ATTACHMENT', 'X_BAD', 'X_DOUBLE', 'X_EXTENSION', 'X_GOOD', 'X_NESTED', 'X_UNICODE', 'X_UNKNOWN'];
  assert.deepEqual(shown, seen);
});

test('settings add extensions for one message', limit, async () => {
  const rule = (plugin: string) => `settings { s { user = "anna"; apply { plugins { mime_types { ${plugin} } } } } }`;
  const own = rule('bad_extensions = ["foo"]; bad_archive_extensions { bar = 3; }');
  const mail = { ...attachment('a.foo'), headers: { User: 'anna' } };
  assert.deepEqual((await find(own, mail))['MIME_BAD_EXTENSION'], [2, 'foo']);
  assert.equal((await find(own, attachment('a.foo')))['MIME_BAD_EXTENSION'], undefined);
  const packed = {
    ...attachment('a.zip', 'application/zip', zip({ 'b.bar': 'x', 'c.txt': 'y' })),
    headers: { User: 'anna' },
  };
  assert.deepEqual((await find(own, packed))['MIME_BAD_EXTENSION'], [6, 'bar']);
});

test('what cannot be used is told with its place', limit, async () => {
  const found = await findingsOf(
    [
      'mime_types {',
      'bad_extension { foo = 1; }',
      'bad_archive_extensions {',
      '  js = "much";',
      '}',
      'archive_exceptions = ["docx"];',
      'other_extensions_mult = "half";',
      'file = 5;',
      '}',
    ].join('\n'),
  );
  assert.deepEqual(found, [
    '3: warning: unknown option bad_extension in section mime_types has no effect (did you mean bad_extensions?)',
    '9: warning: file has no effect: cannot convert integer to a map in option file',
    '8: warning: other_extensions_mult has no effect: cannot convert string to double in option other_extensions_mult (write half without quotes)',
    '5: warning: bad_archive_extensions has no effect: cannot convert string to double in option bad_archive_extensions.js (write much without quotes)',
    '7: warning: archive_exceptions has no effect: cannot convert array to object in option archive_exceptions',
  ]);
});

test('a symbol of another rule', limit, async () => {
  const found = await findingsOf('mime_types { symbol_bad = "BOUNCE"; }');
  assert.deepEqual(found, ['-: warning: rule MIME_TYPES_CALLBACK is off: symbol BOUNCE belongs to another one']);
});
