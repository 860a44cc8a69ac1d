import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Message } from '../../../src/scan/message/index.ts';
import { projectRoot } from '../../support/project.ts';

const folder = join(projectRoot, 'fixtures/archives');

function archiveIn(bytes: Buffer, filename = 'x.bin') {
  const head = `Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="${filename}"\r\n\r\n`;
  const [part] = new Message(Buffer.from(head + bytes.toString('base64'))).parts;
  assert.ok(part);
  return part.archive;
}

const fixture = (name: string): Buffer => readFileSync(join(folder, name));
const three = ['file 1.exe', 'file 2.exe', 'file 3.exe'];

const cases: ReadonlyArray<readonly [file: string, type: string, names: readonly string[], encrypted: boolean]> = [
  ['plain.zip', 'zip', ['file 1.exe', 'file 2.exe'], false],
  ['packed-directory.7z', '7z', three, false],
  ['open-directory.7z', '7z', ['file 1.exe', 'file 2.exe'], false],
  ['locked-directory.7z', '7z', [], true],
  ['locked-files.7z', '7z', three, true],
  ['inner.txt.gz', 'gz', ['inner.txt'], false],
];

for (const [file, type, names, encrypted] of cases) {
  test(`${file}: its directory`, { timeout: 60_000 }, () => {
    const archive = archiveIn(fixture(file), 'wrong.name');
    assert.equal(archive?.type, type);
    assert.deepEqual(
      archive.files.map(({ name }) => name),
      names,
    );
    assert.equal(archive.encrypted, encrypted);
    assert.equal(archive.unreadable, false);
  });
}

test('a locked file in a ZIP archive, sizes', { timeout: 60_000 }, () => {
  const archive = archiveIn(fixture('locked.zip'));
  assert.equal(archive?.encrypted, false);
  assert.equal(archive.files[0]?.encrypted, true);
  assert.equal(archiveIn(fixture('plain.zip'))?.files[0]?.uncompressedSize, 20);
});

test('names that hide something', { timeout: 60_000 }, () => {
  const bytes = fixture('plain.zip');
  const swapped = Buffer.from(bytes.toString('latin1').replaceAll('file 1.exe', 'f\xe2\x80\xae 1.exe'), 'latin1');
  assert.equal(archiveIn(swapped)?.obfuscated, true);
  assert.equal(archiveIn(bytes)?.obfuscated, false);
});

/** A RAR file of version 4 with one file header. */
function rar4(flags: number, name: string): Buffer {
  const file = Buffer.alloc(32 + name.length);
  file[2] = 0x74;
  file.writeUInt16LE(flags | 0x8000, 3);
  file.writeUInt16LE(file.length, 5);
  file.writeUInt32LE(0, 7);
  file.writeUInt32LE(77, 11);
  file.writeUInt16LE(name.length, 26);
  file.write(name, 32, 'latin1');
  const main = Buffer.from([0, 0, 0x73, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0]);
  return Buffer.concat([Buffer.from('Rar!\x1a\x07\0', 'latin1'), main, file]);
}

/** A RAR file of version 5. @param records extra records of the file's header */
function rar5(name: string, records: readonly number[] = []): Buffer {
  const header = (body: readonly number[]) => Buffer.from([0, 0, 0, 0, body.length, ...body]);
  const extra = records.length > 0 ? [1, records.length] : [0];
  const file = [2, ...extra, 0, 9, 0, 0, 0, name.length, ...Buffer.from(name, 'latin1'), ...records];
  return Buffer.concat([Buffer.from('Rar!\x1a\x07\x01\0', 'latin1'), header([1, 0, 0]), header(file)]);
}

test('RAR of both kinds', { timeout: 60_000 }, () => {
  assert.deepEqual(archiveIn(rar4(0, 'a.exe'))?.files, [
    { name: 'a.exe', obfuscated: false, compressedSize: 0, uncompressedSize: 77, encrypted: false },
  ]);
  assert.equal(archiveIn(rar4(4, 'a.exe'))?.files[0]?.encrypted, true);
  assert.equal(archiveIn(rar4(0x200, 'a.exe\0xyz'))?.files[0]?.name, 'a.exe');
  assert.deepEqual(archiveIn(rar5('b.scr'))?.files, [
    { name: 'b.scr', obfuscated: false, compressedSize: 0, uncompressedSize: 9, encrypted: false },
  ]);
  assert.equal(archiveIn(rar5('b.scr', [2, 1, 0]))?.encrypted, true);
});

test('archives that are cut off or garbled never throw', { timeout: 60_000 }, () => {
  const whole = [...cases.map(([file]) => fixture(file)), rar4(0, 'a.exe'), rar5('b.scr', [2, 1, 0])];
  for (const bytes of whole) {
    for (let end = 0; end < bytes.length; end++) archiveIn(bytes.subarray(0, end));
    for (let at = 0; at < bytes.length; at++) {
      for (const value of [0, 0x7f, 0xff]) {
        const garbled = Buffer.from(bytes);
        garbled[at] = value;
        archiveIn(garbled);
      }
    }
  }
});
