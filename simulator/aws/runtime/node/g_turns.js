// one thing after the other

let task = null;

function begin(header, payload) {
  task = { over: false, waits: true };
  const made = task;
  const settle = (error, failed, result) => {
    if (made.answered) return;
    Object.assign(made, { answered: true, failed, error, result });
  };
  made.callback = (error, result) => {
    settle(error, error !== undefined && error !== null, result);
    made.over = !made.waits || made.failed;
  };
  made.resolve = (result) => { settle(null, false, result); made.over = true; };
  made.reject = (error) => { settle(error, true); made.over = true; };
  logged = 0;
  if (header.op === 'init') return prepare(header).then(() => made.resolve(undefined), made.reject);
  requestId = header.request_id;
  if (header.trace_id) process.env._X_AMZN_TRACE_ID = header.trace_id;
  made.invoked = true;
  try {
    const event = payload.length ? JSON.parse(payload.toString()) : {};
    const value = handler(event, contextOf(header, made), made.callback);
    if (typeof value?.then === 'function') value.then(made.resolve, made.reject);
  } catch (error) {
    made.reject(error);
  }
  return null;
}

function asText(result) {
  try {
    return JSON.stringify(result) ?? 'null';
  } catch {
    throw new Error('Unable to stringify response body');
  }
}

function finish() {
  const { invoked, failed, error, result } = task;
  task = null;
  let [kind, payload] = ['ok', Buffer.alloc(0)];
  try {
    if (failed) throw error;
    if (invoked) payload = Buffer.from(asText(result));
    if (payload.length > MOST_RESULT_BYTES) {
      const text = 'Response payload size exceeded maximum allowed payload size (6291556 bytes).';
      throw Object.assign(new Error(text), { name: 'Function.ResponseSizeTooLarge' });
    }
  } catch (problem) {
    const told = described(problem);
    kind = 'error';
    payload = Buffer.from(JSON.stringify(told));
    sayFailure(invoked ? 'Invoke' : 'Uncaught', told);
  }
  Object.values(streams).forEach((each) => each.flushLine());
  post({ op: 'result', kind }, payload);
}

function advance() {
  realImmediate(() => {}); // whatever is done here may have more for Node to do
  if (task?.over) finish();
  if (!task) return void begin(...receive());
  if (outgoing.length) return sendNext();
  if (timers.length) return fire();
  // Nothing can happen any more: what was answered by now is all, or nothing was.
  if (!task.answered) Object.assign(task, { answered: true, result: null });
  task.over = true;
  return undefined;
}

process.on('beforeExit', advance);
process.on('uncaughtException', (error) => {
  if (!task) process.reallyExit(1);
  task.reject(error);
});
process.on('unhandledRejection', (reason) => {
  const told = described(reason);
  const error = new RuntimeError('UnhandledPromiseRejection', `${told.errorType}: ${told.errorMessage}`);
  if (task) task.reject(error);
});
process.exit = (code = process.exitCode ?? 0) => {
  Object.values(streams).forEach((each) => each.flushLine());
  process.reallyExit(code);
};
// No signal of its own ends the first process of a namespace: the world is asked to.
function endBy(number) {
  Object.values(streams).forEach((each) => each.flushLine());
  post({ op: 'signal', number });
  process.reallyExit(128 + number);
}
const realKill = process.kill;
process.kill = (pid, name = 'SIGTERM') => {
  const number = typeof name === 'number' ? name : os.constants.signals[name];
  const known = Object.keys(os.constants.signals).find((each) => os.constants.signals[each] === number);
  const harmless = [0, 'SIGCHLD', 'SIGCONT', 'SIGURG', 'SIGWINCH'].includes(number && known);
  const own = pid === process.pid || pid === 0;
  if (own && number && !harmless && (known === 'SIGKILL' || !process.listenerCount(known))) endBy(number);
  return realKill.call(process, pid, name);
};
process.abort = () => endBy(os.constants.signals.SIGABRT);
Module.syncBuiltinESMExports();
