// the handler

// The process' user is nobody that the system knows; Lambda's has a name.
const os = require('os');
const user = { uid: 993, gid: 990, username: 'sbx_user1051', homedir: '/home/sbx_user1051', shell: '/sbin/nologin' };
os.homedir = () => process.env.HOME ?? user.homedir;
os.userInfo = () => ({ ...user });

let handler = null;

function isModule(file) {
  if (file.endsWith('.mjs')) return true;
  if (file.endsWith('.cjs')) return false;
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    const about = path.join(folder, 'package.json');
    if (fs.existsSync(about)) return JSON.parse(fs.readFileSync(about, 'utf8')).type === 'module';
    if (folder === FOLDERS.task || folder === path.dirname(folder)) return false;
  }
}

async function load(name) {
  const base = path.basename(name);
  const dot = base.indexOf('.');
  if (dot < 1) throw new RuntimeError('MalformedHandlerName', `Bad handler '${name}'`);
  const stem = path.join(FOLDERS.task, path.dirname(name), base.slice(0, dot));
  const file = ['', '.js', '.mjs', '.cjs'].map((end) => stem + end).find((each) => isFile(each));
  let found;
  try {
    if (!file) throw Object.assign(new Error(`Cannot find module '${stem}'`), { code: 'MODULE_NOT_FOUND' });
    found = isModule(file) ? await import(pathToFileURL(file)) : Module.createRequire(file)(file);
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw new RuntimeError('UserCodeSyntaxError', `SyntaxError: ${error.message}`);
    }
    if (/MODULE_NOT_FOUND/.test(error?.code ?? '')) {
      const text = String(error.message);
      const hint = isSdk(text) && !text.includes(noSdk()) ? noSdk() : '';
      throw new RuntimeError('ImportModuleError', `Error: ${text}${hint}`);
    }
    throw error;
  }
  const trail = base.slice(dot + 1).split('.');
  const look = (from) => trail.reduce((at, key) => at?.[key], from);
  handler = look(found) ?? look(found.default);
  if (typeof handler !== 'function') {
    throw new RuntimeError('HandlerNotFound', `${name} is undefined or not exported`);
  }
}

function isFile(name) {
  try { return fs.statSync(name).isFile(); } catch { return false; }
}

// A layer's modules for the version that is named, its modules for all, and the function's folder.
function modulePath(runtime) {
  const version = runtime.replace('nodejs', 'node').replace('.x', '');
  const inside = [`nodejs/${version}/node_modules`, 'nodejs/node_modules'];
  return [...FOLDERS.layers.flatMap((each) => inside.map((end) => `${each}/${end}`)), FOLDERS.modules, FOLDERS.task];
}

function prepare(spec) {
  seed = String(spec.seed);
  hasSdk = Number(/\d+/.exec(spec.runtime)?.[0] ?? 0) <= 16 ? 2 : 3;
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, {
    AWS_DEFAULT_REGION: spec.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${spec.runtime}`,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memory_mb),
    AWS_LAMBDA_FUNCTION_NAME: spec.function_name,
    AWS_LAMBDA_FUNCTION_VERSION: spec.function_version,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: spec.log_group || `/aws/lambda/${spec.function_name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: spec.log_stream,
    AWS_REGION: spec.region,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LAMBDA_TASK_ROOT: '/var/task',
    LANG: 'en_US.UTF-8',
    NODE_PATH: modulePath(spec.runtime).join(':'),
    PATH: '/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin',
    TZ: ':UTC',
    _HANDLER: spec.handler,
    ...(FOLDERS.tmp === '/tmp' ? {} : { TMPDIR: FOLDERS.tmp }),
    ...spec.env,
  });
  Module._initPaths();
  process.chdir(FOLDERS.task);
  return load(spec.handler);
}

function contextOf(about, task) {
  const end = (error, result) => task.callback(error, result);
  return {
    get callbackWaitsForEmptyEventLoop() { return task.waits; },
    set callbackWaitsForEmptyEventLoop(value) { task.waits = value; },
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: about.function_version,
    invokedFunctionArn: about.function_arn,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: about.request_id,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: about.client_context ? JSON.parse(about.client_context) : undefined,
    identity: undefined,
    getRemainingTimeInMillis: () => Math.max(0, Math.round(about.deadline * 1000 - nowMs)),
    done: end,
    succeed: (result) => end(null, result),
    fail: (error) => end(error),
  };
}
