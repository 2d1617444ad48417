const C1 = 0xcc9e2d51;
const C2 = 0x1b873593;

/** MurmurHash3_x86_32 of a text in UTF-8 (Austin Appleby, 2011): a whole number below 2^32. Spreads well; hides nothing. */
export function murmur3(text: string, seed: number): number {
  const bytes = Buffer.from(text, 'utf8');
  const end = bytes.length & ~3;
  let hash = seed;
  for (let at = 0; at < end; at += 4) {
    hash ^= scramble(bytes.readInt32LE(at));
    hash = Math.imul(rotate(hash, 13), 5) + 0xe6546b64;
  }
  if (end < bytes.length) hash ^= scramble(bytes.readUIntLE(end, bytes.length - end));
  return finish(hash ^ bytes.length);
}

function scramble(block: number): number {
  return Math.imul(rotate(Math.imul(block, C1), 15), C2);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function finish(mixed: number): number {
  let hash = mixed;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
