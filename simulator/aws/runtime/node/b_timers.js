// timers

let timers = [];
let timerCount = 0;

class Timer {
  constructor(act, delay, every) {
    this.act = act;
    this.delay = delay >= 1 && delay <= 2147483647 ? Math.trunc(delay) : 1;
    this.every = every;
    this.id = ++timerCount;
    this.refresh();
  }
  refresh() {
    clear(this);
    this.at = nowMs + this.delay;
    this.order = ++timerCount;
    timers.push(this);
    return this;
  }
  ref() { return this; }
  unref() { return this; }
  hasRef() { return true; }
  close() { clear(this); return this; }
  [Symbol.toPrimitive]() { return this.id; }
  [Symbol.dispose ?? Symbol('dispose')]() { clear(this); }
}

function clear(timer) {
  if (timer === undefined || timer === null) return;
  timers = timers.filter((each) => each !== timer && each.id !== Number(timer));
}

function fire() {
  const timer = timers.reduce((a, b) => (b.at < a.at || (b.at === a.at && b.order < a.order) ? b : a));
  if (timer.at > nowMs) call({ op: 'sleep', s: (timer.at - nowMs) / 1000 });
  clear(timer);
  if (timer.every) timer.refresh();
  timer.act();
}

function after(act, delay = 1, ...given) {
  if (typeof act !== 'function') {
    const error = new TypeError('The "callback" argument must be of type function.');
    throw Object.assign(error, { code: 'ERR_INVALID_ARG_TYPE' });
  }
  return new Timer(() => act(...given), delay, false);
}
const every = (act, delay = 1, ...given) => new Timer(() => act(...given), delay, true);

function later(delay = 1, value = undefined, { signal } = {}) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const timer = after(() => resolve(value), delay);
    signal?.addEventListener('abort', () => { clear(timer); reject(signal.reason); });
  });
}

async function* ticking(delay = 1, value = undefined) {
  for (;;) yield await later(delay, value);
}

after[util.promisify.custom] = later;
const names = { setTimeout: after, setInterval: every, clearTimeout: clear, clearInterval: clear };
Object.assign(globalThis, names);
Object.assign(timersModule, names);
Object.assign(timersPromises, { setTimeout: later, setInterval: ticking });
timersPromises.scheduler.wait = (delay, options) => later(delay, undefined, options);
AbortSignal.timeout = (delay) => {
  const controller = new AbortController();
  const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
  after(() => controller.abort(reason), delay);
  return controller.signal;
};
