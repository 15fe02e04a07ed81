// output

let requestId = '';
let logged = 0;

function say(text) {
  if (logged > MOST_LOG_BYTES) return;
  const data = Buffer.from(shown(text));
  logged += data.length;
  for (let at = 0; at < (data.length || 1); at += EVENT_BYTES) {
    post({ op: 'log' }, data.subarray(at, at + EVENT_BYTES));
  }
}

function stream() {
  let rest = '';
  const made = new Writable({
    decodeStrings: false,
    write(part, _encoding, done) {
      const lines = (rest + part.toString()).split('\n');
      rest = lines.pop();
      lines.forEach(say);
      done();
    },
  });
  made.flushLine = () => { if (rest) say(rest); rest = ''; };
  return made;
}

const streams = { stdout: stream(), stderr: stream() };
for (const [name, value] of Object.entries(streams)) {
  Object.defineProperty(process, name, { value, configurable: true });
}
const ranks = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

// Lambda Developer Guide, "Using Lambda advanced logging controls with Node.js".
function sayJson(level, given) {
  if (ranks.indexOf(level) < ranks.indexOf(process.env.AWS_LAMBDA_LOG_LEVEL ?? 'INFO')) return;
  const error = given.find((each) => each instanceof Error);
  const told = { timestamp: new RealDate(dateNow()).toISOString(), level, requestId: requestId || undefined };
  if (error) {
    const { errorType, errorMessage, trace } = described(error);
    Object.assign(told, { errorType, errorMessage, stackTrace: trace });
  }
  const [only] = given;
  const plain = given.length === 1 && only !== null && typeof only === 'object' && !error;
  told.message = plain ? only : util.format(...given);
  try {
    say(JSON.stringify(told));
  } catch {
    say(JSON.stringify({ ...told, message: util.format(...given) }));
  }
}

const levels = { trace: 'TRACE', debug: 'DEBUG', info: 'INFO', log: 'INFO', warn: 'WARN', error: 'ERROR' };
for (const [name, level] of Object.entries(levels)) {
  console[name] = (...given) => {
    if (process.env.AWS_LAMBDA_LOG_FORMAT === 'JSON') return sayJson(level, given);
    const text = util.format(...given).replaceAll('\n', '\r');
    return say(`${new RealDate(dateNow()).toISOString()}\t${requestId || 'undefined'}\t${level}\t${text}`);
  };
}

function sayFailure(when, { errorType, errorMessage, trace }) {
  const told = { errorType, errorMessage };
  if (process.env.AWS_LAMBDA_LOG_FORMAT !== 'JSON') {
    return console.error(`${when} Error \t${JSON.stringify({ ...told, stack: trace })}`);
  }
  const timestamp = new RealDate(dateNow()).toISOString();
  return say(JSON.stringify({ timestamp, level: 'ERROR', requestId: requestId || undefined, ...told, stackTrace: trace }));
}

function shown(text) {
  return FOLDERS.task === '/var/task' ? text : text.replaceAll(FOLDERS.task, '/var/task');
}

// --- errors, in Lambda's shape

class RuntimeError extends Error {
  constructor(kind, message) {
    super(message);
    this.name = `Runtime.${kind}`;
  }
}

function described(error) {
  const own = error instanceof Error || util.types.isNativeError(error);
  const message = own ? String(error.message) : typeof error === 'string' ? error : util.format(error);
  return {
    errorType: own ? error.name || error.constructor.name : typeof error,
    errorMessage: shown(message),
    trace: own ? shown(String(error.stack ?? '')).split('\n').filter((l) => !l.includes('[eval]')) : [],
  };
}

// Up to nodejs16.x a runtime has version 2 of the AWS SDK, from nodejs18.x on version 3.
let hasSdk = 3;
const noSdk = () =>
  (hasSdk === 2 ? '; up to nodejs16.x a runtime has aws-sdk, version 2' : "; from nodejs18.x on a runtime has version 3's clients, @aws-sdk/client-…") +
  ': put what you need into the deployment package or a layer';
const isSdk = (text) => /'(aws-sdk|@aws-sdk\/[^']*|@smithy\/[^']*)'/.test(text);
const realResolve = Module._resolveFilename;
Module._resolveFilename = function resolve(wanted, ...rest) {
  try {
    return realResolve.call(this, wanted, ...rest);
  } catch (error) {
    const [first, ...more] = String(error.message).split('\n');
    if (isSdk(first)) error.message = [first + noSdk(), ...more].join('\n');
    throw error;
  }
};
