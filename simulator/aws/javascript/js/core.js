'use strict';
// A call of the SDK as the world takes it: one JSON document there, one back, tried again as the
// SDK would. Dates and bytes carry a mark, since JSON has neither.

const http = require('http');
const { Readable } = require('stream');

const HOST = 'sdk.paddock';
const [DATE, BYTES, BODY] = ['\u0000date', '\u0000bytes', '\u0000body'];

function isBytes(value) {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

function toBuffer(value) {
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function marked(value) {
  if (value === null || value === undefined || typeof value === 'function') return undefined;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object') return value;
  if (value instanceof Date) return { [DATE]: value.getTime() };
  if (isBytes(value)) return { [BYTES]: toBuffer(value).toString('base64') };
  if (Array.isArray(value)) return value.map((each) => marked(each) ?? null);
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, marked(each)]));
}

function unmarked(value, body) {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((each) => unmarked(each, body));
  if (DATE in value) return new Date(value[DATE]);
  if (BYTES in value) return Buffer.from(value[BYTES], 'base64');
  if (BODY in value) return body(Buffer.from(value[BODY], 'base64'));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, unmarked(each, body)]));
}

// A stream among the parameters, such as a file's, is read before it is sent.
async function gathered(params) {
  const found = { ...params };
  for (const [name, value] of Object.entries(found)) {
    if (!value || typeof value !== 'object' || isBytes(value) || !value[Symbol.asyncIterator]) continue;
    const parts = [];
    for await (const part of value) parts.push(Buffer.from(part));
    found[name] = Buffer.concat(parts);
  }
  return found;
}

function post(document) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: HOST, method: 'POST', path: '/' }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('end', () => resolve(JSON.parse(Buffer.concat(parts).toString())));
    });
    request.on('error', reject);
    request.end(JSON.stringify(document));
  });
}

const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });

// `config` has region, credentials, endpoint and attempts; `body` makes a stream's bytes a value.
async function call(about, operation, params, config, body = (bytes) => bytes) {
  const document = {
    ...about,
    operation,
    params: marked(await gathered(params)),
    region: config.region,
    credentials: config.credentials,
    endpoint: config.endpoint,
  };
  for (let attempt = 1; ; attempt += 1) {
    const reply = await post(document);
    const metadata = { ...reply.metadata, attempts: attempt };
    if (!reply.error) return { data: unmarked(reply.data, body), metadata };
    if (!reply.error.retryable || attempt >= config.attempts) {
      throw { ...reply.error, members: unmarked(reply.error.members ?? {}, body), metadata };
    }
    await wait(Math.random() * config.base * 2 ** (attempt - 1));
  }
}

function env(service) {
  const own = process.env[`AWS_ENDPOINT_URL_${service.toUpperCase().replaceAll('-', '_')}`];
  return own ?? process.env.AWS_ENDPOINT_URL;
}

function url(endpoint) {
  const text = typeof endpoint === 'string' ? endpoint : endpoint?.href ?? endpoint?.url?.href;
  return text && !text.includes('://') ? `https://${text}` : text;
}

function environmentCredentials() {
  return {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID,
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
    sessionToken: process.env.AWS_SESSION_TOKEN,
  };
}

const lower = (name) => name[0].toLowerCase() + name.slice(1);

module.exports = { call, env, url, environmentCredentials, isBytes, lower, Readable };
