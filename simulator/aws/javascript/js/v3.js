'use strict';
// `@aws-sdk/client-…`, version 3: a client, its commands, the same as methods, pages, waiters, errors.

const core = require('./core');

function bodyOf(bytes) {
  const found = core.Readable.from([bytes]);
  return Object.assign(found, {
    transformToString: async (encoding = 'utf-8') => bytes.toString(encoding),
    transformToByteArray: async () => new Uint8Array(bytes),
    transformToWebStream: () => new Blob([bytes]).stream(),
  });
}

// A payload's bytes have version 3's own method.
const payload = (bytes) =>
  Object.assign(bytes, { transformToString: (encoding = 'utf-8') => Buffer.prototype.toString.call(bytes, encoding) });

class ServiceException extends Error {
  constructor(told) {
    super(told.message ?? '');
    const { name = 'ServiceException', $fault = 'client', $metadata = {}, message, ...members } = told;
    Object.assign(this, { name, $fault, $metadata, ...members });
  }
}

class Command {
  constructor(input) { this.input = input ?? {}; }
}

const resolved = async (value) => (typeof value === 'function' ? value() : value);

class Client {
  constructor(given = {}) {
    const provider = (value, otherwise) => async () => (await resolved(value)) ?? otherwise();
    this.given = given;
    this.config = {
      ...given,
      region: provider(given.region, () => process.env.AWS_REGION),
      credentials: provider(given.credentials, core.environmentCredentials),
    };
  }
  destroy() {}
  async settings() {
    const { service } = this.constructor.about;
    const endpoint = core.url(await resolved(this.given.endpoint)) ?? core.env(service);
    const [region, credentials] = [await this.config.region(), await this.config.credentials()];
    const attempts = Number(await resolved(this.given.maxAttempts ?? 3));
    return { region, credentials, endpoint, attempts, base: 100 };
  }
  async run(operation, input, kind = 'call') {
    const { about, errors } = this.constructor;
    const said = { service: about.service, version: 3, kind };
    try {
      const { data, metadata } = await core.call(said, operation, input, await this.settings(), bodyOf);
      if (kind !== 'call') return data;
      if (Buffer.isBuffer(data.Payload)) payload(data.Payload);
      const { restful, ...rest } = metadata;
      return { $metadata: { ...rest, totalRetryDelay: 0 }, ...data };
    } catch (told) {
      if (told instanceof Error) throw told;
      const { restful, ...rest } = told.metadata ?? {};
      const Kind = errors[told.name] ?? errors.base;
      const $fault = rest.httpStatusCode >= 500 ? 'server' : 'client';
      throw new Kind({ ...told.members, name: told.name, message: told.message, $fault, $metadata: rest });
    }
  }
  send(command, options, done) {
    const back = typeof options === 'function' ? options : done;
    const promise = command.constructor.run ? command.constructor.run(this, command) : this.run(command.constructor.operation, command.input);
    if (!back) return promise;
    promise.then((data) => back(null, data), (error) => back(error));
    return undefined;
  }
}

// `about` has service, id, operations, pages ({operation: [input, output]}), errors.
function kitOf(about) {
  const named = (name, made) => Object.defineProperty(made, 'name', { value: name });
  const base = named(`${about.id}ServiceException`, class extends ServiceException {});
  const errors = { base };
  for (const name of about.errors) {
    errors[name] = named(name, class extends base { constructor(told) { super({ name, ...told }); } });
  }
  const client = named(`${about.id}Client`, class extends Client {});
  Object.assign(client, { about, errors });
  const whole = named(about.id, class extends client {});
  const commands = {};
  for (const operation of about.operations) {
    const made = named(`${operation}Command`, class extends Command {});
    made.operation = operation;
    commands[operation] = made;
    whole.prototype[core.lower(operation)] = function method(input, ...rest) { return this.send(new made(input), ...rest); };
  }
  const page = (operation) => async function* paginate({ client: from, pageSize, startingToken }, input) {
    const { input: name, output, limit } = about.pages[operation];
    for (let token = startingToken; ;) {
      const asked = { ...input, ...(token ? { [name]: token } : {}), ...(pageSize && limit ? { [limit]: pageSize } : {}) };
      const found = await from.send(new commands[operation](asked));
      yield found;
      token = found[output];
      if (!token) return;
    }
  };
  const wait = (state) => async function until({ client: from }, input) {
    await from.run(state, input, 'wait');
    return { state: 'SUCCESS' };
  };
  return { client, whole, commands, errors, page, wait };
}

module.exports = { kitOf, Command, Client, ServiceException };
