'use strict';
// `aws-sdk`, version 2: services, their methods, requests with callbacks and promises. What each
// service can do stands in services.json beside the package.

const { Readable } = require('stream');
const { EventEmitter } = require('events');
const core = require('./core');
const { encode, decode, turned, AttributeSet } = require('./attributes');

const VERSION = '2.1692.0';

class Credentials {
  constructor(given, secretAccessKey, sessionToken) {
    const found = given && typeof given === 'object' ? given : { accessKeyId: given, secretAccessKey, sessionToken };
    Object.assign(this, found);
  }
  get(done) { done?.(null); }
  getPromise() { return Promise.resolve(); }
}

class Config {
  constructor(options = {}) { Object.assign(this, options); }
  update(options) { Object.assign(this, options); }
  getCredentials(done) { done(null, this.credentials); }
  loadFromPath() { throw new Error("Paddock's aws-sdk reads no configuration from a file"); }
}

const general = new Config({
  region: process.env.AWS_REGION,
  credentials: new Credentials(core.environmentCredentials()),
});

function failure(told) {
  const error = new Error(told.message);
  return Object.assign(error, {
    name: told.code,
    code: told.code,
    statusCode: told.metadata?.httpStatusCode,
    requestId: told.metadata?.requestId,
    time: new Date(),
    retryable: Boolean(told.retryable),
    ...told.members,
  });
}

class Request extends EventEmitter {
  constructor(service, operation, params) {
    super();
    Object.assign(this, { service, operation, params });
    this.on('error', () => {}); // an error without a listener is told by the callback alone
  }
  promise() { return new Promise((resolve, reject) => { this.send((error, data) => (error ? reject(error) : resolve(data))); }); }
  abort() { this.aborted = true; return this; }
  send(done) {
    const response = { request: this, error: null, data: null };
    const end = (error, data) => {
      Object.assign(response, { error, data });
      if (error) this.emit('error', error, response);
      else this.emit('success', response);
      this.emit('complete', response);
      if (done) done.call(response, error, data);
    };
    // Out of the promise: what a callback throws is nobody's rejection.
    this.service.run(this.operation, this.params).then(
      (data) => process.nextTick(end, null, data),
      (error) => process.nextTick(end, error, null),
    );
    return this;
  }
  eachPage(done) {
    const next = (params) => this.service.run(this.operation, params).then((data) => {
      const more = this.service.following(this.operation, params, data);
      const goOn = done(null, data) !== false;
      if (goOn && more) return next(more);
      return goOn ? done(null, null) : undefined;
    });
    next(this.params).catch((error) => done(error, null));
  }
  createReadStream() {
    const found = new Readable({ read() {} });
    this.send((error, data) => {
      if (error) return found.destroy(error);
      found.push(data.Body);
      return found.push(null);
    });
    return found;
  }
}

class Service {
  constructor(options = {}) {
    const { about } = this.constructor;
    this.config = new Config({ ...general, ...general[about.name.toLowerCase()], ...options });
    if (options.accessKeyId) this.config.credentials = new Credentials(options);
    this.endpoint = { href: core.url(this.config.endpoint) ?? core.env(about.service) };
  }
  makeRequest(operation, params, done) {
    if (typeof params === 'function') return this.makeRequest(operation, {}, params);
    const request = new Request(this, operation, { ...this.config.params, ...params });
    if (done) request.send(done);
    return request;
  }
  async run(method, params, kind = 'call') {
    const { about } = this.constructor;
    const { region, credentials, maxRetries = about.service === 'dynamodb' ? 10 : 3 } = this.config;
    if (!region) throw failure({ code: 'ConfigError', message: 'Missing region in config' });
    const config = { region, credentials: { ...credentials }, attempts: maxRetries + 1 };
    config.base = about.service === 'dynamodb' ? 50 : 100;
    config.endpoint = core.url(this.config.endpoint) ?? core.env(about.service);
    const said = { service: about.service, version: 2, kind };
    try {
      const { data, metadata } = await core.call(said, about.operations[method] ?? method, params, config);
      if (method === 'invoke' && Buffer.isBuffer(data.Payload)) data.Payload = data.Payload.toString();
      if (kind !== 'call' || metadata.restful) return data;
      return { ResponseMetadata: { RequestId: metadata.requestId }, ...data };
    } catch (told) {
      throw told instanceof Error ? told : failure(told);
    }
  }
  following(method, params, data) {
    const page = this.constructor.about.pages[this.constructor.about.operations[method]];
    const token = page && data[page.output];
    return token && (!Array.isArray(token) || token.length) ? { ...params, [page.input]: token } : null;
  }
  waitFor(state, params, done) {
    if (typeof params === 'function') return this.waitFor(state, {}, params);
    const { $waiter, ...rest } = params ?? {};
    const request = new Request({ run: () => this.run(state, rest, 'wait') }, state, rest);
    if (done) request.send(done);
    return request;
  }
}

function serviceOf(about) {
  const Made = class extends Service {};
  Object.defineProperty(Made, 'name', { value: about.name });
  Made.about = about;
  for (const method of Object.keys(about.operations)) {
    Made.prototype[method] = function request(params, done) { return this.makeRequest(method, params, done); };
  }
  if (about.service === 's3') furnishS3(Made);
  if (about.service === 'dynamodb') furnishDynamoDB(Made);
  return Made;
}

function furnishS3(S3) {
  S3.prototype.getSignedUrlPromise = function signed(operation, { Expires = 900, ...params }) {
    return this.run(operation, { ...params, '\u0000expires': Expires }, 'presign');
  };
  S3.prototype.getSignedUrl = function signed(operation, params, done) {
    if (!done) throw new Error("Paddock's aws-sdk signs URLs with a callback or getSignedUrlPromise");
    this.getSignedUrlPromise(operation, params).then((url) => done(null, url), done);
  };
  S3.prototype.upload = function upload(params, options, done) {
    const call = typeof options === 'function' ? options : done;
    const put = { run: async (_, given) => ({
      ...(await this.run('putObject', given)), Bucket: given.Bucket, Key: given.Key, key: given.Key,
      Location: `https://${given.Bucket}.s3.amazonaws.com/${given.Key}`,
    }) };
    const request = new Request(put, 'putObject', params);
    if (call) request.send(call);
    return request;
  };
  S3.ManagedUpload = class ManagedUpload {
    constructor({ service = new S3(), params }) { return service.upload(params); }
  };
}

function furnishDynamoDB(DynamoDB) {
  const methods = {
    get: 'getItem', put: 'putItem', update: 'updateItem', delete: 'deleteItem', query: 'query', scan: 'scan',
    batchGet: 'batchGetItem', batchWrite: 'batchWriteItem', transactGet: 'transactGetItems', transactWrite: 'transactWriteItems',
  };
  class DocumentClient {
    constructor(options = {}) {
      this.options = options;
      this.service = options.service ?? new DynamoDB(options);
    }
    createSet(values) { return new AttributeSet(values); }
    async run(method, params) {
      const sent = turned(params, (value) => encode(value, this.options));
      return turned(await this.service.run(method, sent), (value) => decode(value, this.options));
    }
    following(method, params, data) { return this.service.following(method, params, data); }
  }
  for (const [name, method] of Object.entries(methods)) {
    DocumentClient.prototype[name] = function request(params, done) {
      const made = new Request(this, method, { ...this.service.config.params, ...params });
      if (done) made.send(done);
      return made;
    };
  }
  const maps = (act) => (map, options) => Object.fromEntries(
    Object.entries(map ?? {}).map(([name, value]) => [name, act(value, options)]).filter(([, value]) => value !== undefined),
  );
  DynamoDB.DocumentClient = DocumentClient;
  DynamoDB.Converter = { input: encode, output: decode, marshall: maps(encode), unmarshall: maps(decode) };
}

module.exports = (described) => {
  const made = {};
  const known = { Config, Credentials, Service, config: general, VERSION, util: { uuid: { v4: () => require('crypto').randomUUID() } } };
  known.Endpoint = function Endpoint(text) { this.href = core.url(text); };
  const find = (name) => {
    if (!(name in made) && described[name]) made[name] = serviceOf(described[name]);
    return made[name];
  };
  return new Proxy(known, {
    get(target, name) {
      if (typeof name === 'symbol' || name in target) return target[name];
      const found = find(name);
      if (found || !/^[A-Z]/.test(name)) return found;
      throw new TypeError(`Paddock's aws-sdk has no AWS.${name}: put aws-sdk into the deployment package or a layer`);
    },
    has: (target, name) => name in target || name in described,
    ownKeys: (target) => [...new Set([...Reflect.ownKeys(target), ...Object.keys(described)])],
    getOwnPropertyDescriptor: (target, name) =>
      Reflect.getOwnPropertyDescriptor(target, name) ??
      (described[name] ? { value: find(name), enumerable: true, configurable: true, writable: true } : undefined),
  });
};
