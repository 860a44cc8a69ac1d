/** What a reply of /checkv2 has that people want to see. */
interface Reply {
  readonly action?: unknown;
  readonly score?: unknown;
  readonly required_score?: unknown;
  readonly symbols?: unknown;
  readonly messages?: unknown;
  readonly subject?: unknown;
}

interface SymbolRow {
  readonly name: string;
  readonly score: number;
  readonly text: string;
}

const bold = (text: string) => `\x1b[1m${text}\x1b[0m`;
const red = (text: string) => `\x1b[31m${text}\x1b[0m`;
const green = (text: string) => `\x1b[32m${text}\x1b[0m`;

/** A reply for people: the verdict first, then symbols by weight. `milliseconds`: how long it took to come. */
export function renderVerdict(file: string, json: string, milliseconds: number, color: boolean): string {
  const reply = JSON.parse(json) as Reply;
  const paint = (make: (text: string) => string, text: string) => (color ? make(text) : text);
  const action = typeof reply.action === 'string' ? reply.action : 'no verdict';
  const mood = action === 'no action' ? green : red;
  const score = `${number(reply.score)} of ${number(reply.required_score)}`;
  const lines = [`${file}: ${paint(bold, paint(mood, action))}, score ${score}, ${milliseconds.toFixed(0)} ms`];
  const rows = symbolRows(reply.symbols);
  const width = Math.max(0, ...rows.map(({ name }) => name.length));
  for (const { name, score: weight, text } of rows) {
    lines.push(`  ${name.padEnd(width)}  ${weight.toFixed(2).padStart(7)}  ${text}`.trimEnd());
  }
  if (typeof reply.subject === 'string') lines.push(`  new subject: ${reply.subject}`);
  for (const [name, text] of entries(reply.messages)) lines.push(`  ${name}: ${String(text)}`);
  return `${lines.join('\n')}\n`;
}

function number(value: unknown): string {
  return typeof value === 'number' ? value.toFixed(2) : '?';
}

function entries(value: unknown): Array<[string, unknown]> {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

function symbolRows(symbols: unknown): SymbolRow[] {
  const rows = entries(symbols).map(([name, value]): SymbolRow => {
    const symbol = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
    const options = Array.isArray(symbol['options']) ? ` [${symbol['options'].join(', ')}]` : '';
    const description = typeof symbol['description'] === 'string' ? symbol['description'] : '';
    return { name, score: typeof symbol['score'] === 'number' ? symbol['score'] : 0, text: `${description}${options}` };
  });
  return rows.sort((a, b) => Math.abs(b.score) - Math.abs(a.score));
}
