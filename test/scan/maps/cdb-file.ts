import { writeFileSync } from 'node:fs';

/** Writes a constant database (https://cr.yp.to/cdb/cdb.txt), for machines without a program that does. */
export function writeCdb(path: string, records: ReadonlyArray<readonly [key: string, value: string]>): void {
  const parts: Buffer[] = [];
  const tables: { hash: number; position: number }[][] = Array.from({ length: 256 }, () => []);
  let position = 2048;
  for (const [key, value] of records) {
    const [keyBytes, valueBytes] = [Buffer.from(key, 'latin1'), Buffer.from(value, 'latin1')];
    const hash = keyBytes.reduce((sum, byte) => ((Math.imul(sum, 33) >>> 0) ^ byte) >>> 0, 5381);
    tables[hash & 0xff]?.push({ hash, position });
    parts.push(words(keyBytes.length, valueBytes.length), keyBytes, valueBytes);
    position += 8 + keyBytes.length + valueBytes.length;
  }
  const head: Buffer[] = [];
  for (const table of tables) {
    const slots = table.length * 2;
    head.push(words(position, slots));
    const entries: Buffer[] = Array.from({ length: slots }, () => words(0, 0));
    for (const { hash, position: at } of table) {
      let slot = (hash >>> 8) % slots;
      while (entries[slot]?.readUInt32LE(4) !== 0) slot = (slot + 1) % slots;
      entries[slot] = words(hash, at);
    }
    parts.push(...entries);
    position += slots * 8;
  }
  writeFileSync(path, Buffer.concat([...head, ...parts]));
}

function words(first: number, second: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(first, 0);
  bytes.writeUInt32LE(second, 4);
  return bytes;
}
