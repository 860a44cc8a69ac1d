/** What a request target asks a scanner for: its path in lower case, less the leading slash, host and query. */
export function commandOf(target: string): string {
  const path = target.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  return path.replace(/^\//, '').toLowerCase();
}
