'use strict';
// A Node.js function's process, seen from inside: it loads the handler, serves events, and asks the
// world for everything else. Frames on the pipe are those of frames.py; the clock stands still while
// code computes. Node itself says when nothing is left to do (`beforeExit`): then, and only then,
// the next thing of the world's happens: a call goes out, a timer comes due, an event comes in.

const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const https = require('https');
const Module = require('module');
const path = require('path');
const timersModule = require('timers');
const timersPromises = require('timers/promises');
const { Duplex, Writable } = require('stream');
const { pathToFileURL } = require('url');
const util = require('util');

const FD = Number(process.env.PADDOCK_FD);
const FOLDERS = JSON.parse(process.env.PADDOCK_FOLDERS);
const RealDate = Date;
const realImmediate = setImmediate;
const MOST_RESULT_BYTES = 6291556;
const MOST_LOG_BYTES = 4 * 2 ** 20;
const EVENT_BYTES = 256 * 1024;
const UPTIME_MS = 1e6;

// --- the pipe

function write(data) {
  for (let sent = 0; sent < data.length; ) sent += fs.writeSync(FD, data, sent);
}

function post(header, payload = Buffer.alloc(0)) {
  const text = Buffer.from(JSON.stringify(header));
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32LE(text.length + payload.length + 4, 0);
  sizes.writeUInt32LE(text.length, 4);
  write(Buffer.concat([sizes, text, payload]));
}

function take(size) {
  const data = Buffer.allocUnsafe(size);
  for (let got = 0; got < size; ) {
    const count = fs.readSync(FD, data, got, size - got, null);
    if (count === 0) process.reallyExit(0); // the world closed the pipe: nothing is left to do
    got += count;
  }
  return data;
}

function receive() {
  const sizes = take(8);
  const headerSize = sizes.readUInt32LE(4);
  const body = take(sizes.readUInt32LE(0) - 4);
  const header = JSON.parse(body.subarray(0, headerSize).toString());
  move(header.now);
  return [header, body.subarray(headerSize)];
}

function call(header, payload) {
  post(header, payload);
  return receive();
}

// --- the clock

let nowMs = 0;
let bornMs = null;

function move(nowS) {
  nowMs = nowS * 1000;
  if (bornMs === null) bornMs = nowMs;
}

const monotonicMs = () => UPTIME_MS + nowMs - (bornMs === null ? nowMs : bornMs);
const dateNow = () => Math.floor(nowMs + 1e-6);

const VirtualDate = new Proxy(RealDate, {
  construct: (target, given, made) =>
    Reflect.construct(target, given.length ? given : [dateNow()], made === VirtualDate ? target : made),
  apply: () => new RealDate(dateNow()).toString(),
  get: (target, name) => (name === 'now' ? dateNow : Reflect.get(target, name)),
});
globalThis.Date = VirtualDate;
RealDate.prototype.constructor = VirtualDate;
Object.defineProperty(performance, 'now', { value: monotonicMs, configurable: true });
process.uptime = () => monotonicMs() / 1000;
process.hrtime = (since) => {
  const [s, ns] = [Math.floor(monotonicMs() / 1000), Math.round((monotonicMs() % 1000) * 1e6)];
  if (!since) return [s, ns];
  const less = ns < since[1];
  return [s - since[0] - (less ? 1 : 0), ns - since[1] + (less ? 1e9 : 0)];
};
process.hrtime.bigint = () => BigInt(Math.round(monotonicMs() * 1e6));
