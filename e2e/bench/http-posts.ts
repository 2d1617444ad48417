/** Whole HTTP requests that post JSON, one for each body. */
export function httpPosts(
  path: string,
  headers: Readonly<Record<string, string>>,
  bodies: readonly string[],
): string[] {
  const own = { host: 'telco', 'content-type': 'application/json', ...headers };
  const lines = Object.entries(own).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST ${path} HTTP/1.1\r\n${lines.join('')}`;
  return bodies.map((body) => `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}
