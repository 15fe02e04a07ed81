// chance: SHA-256 in counter mode over the seed

let seed = '0';
let drawn = 0;

function random(size) {
  const parts = [];
  for (let have = 0; have < size; have += 32) {
    parts.push(crypto.createHash('sha256').update(`paddock node ${seed} ${++drawn}`).digest());
  }
  return Buffer.concat(parts).subarray(0, size);
}

function fill(target, offset = 0, size = undefined) {
  const bytes = Buffer.from(target.buffer ?? target, target.byteOffset ?? 0, target.byteLength);
  const count = size ?? bytes.length - offset;
  random(count).copy(bytes, offset);
  return target;
}

function uuid() {
  const bytes = random(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const asked = (result, done) => (done ? void realImmediate(() => done(null, result)) : result);
const fraction = () => Number(random(8).readBigUInt64LE() >> 11n) / 2 ** 53;
Math.random = fraction;
crypto.randomBytes = crypto.pseudoRandomBytes = (size, done) => asked(random(size), done);
crypto.randomFillSync = fill;
crypto.randomFill = (target, ...rest) => asked(fill(target, ...rest.slice(0, -1)), rest.at(-1));
crypto.randomUUID = uuid;
crypto.randomInt = (low, high, done) => {
  if (typeof high !== 'number') [low, high, done] = [0, low, high];
  return asked(low + Math.floor(fraction() * (high - low)), done);
};
Object.defineProperty(globalThis.crypto, 'getRandomValues', { value: (target) => fill(target) });
Object.defineProperty(globalThis.crypto, 'randomUUID', { value: uuid });
