'use strict';
// `@aws-sdk/lib-dynamodb` and `@aws-sdk/util-dynamodb`: DynamoDB with plain JavaScript values.

const { encode, decode, turned } = require('./attributes');
const { Command, kitOf } = require('./v3');

const operations = {
  GetCommand: 'GetItem', PutCommand: 'PutItem', UpdateCommand: 'UpdateItem', DeleteCommand: 'DeleteItem',
  QueryCommand: 'Query', ScanCommand: 'Scan', BatchGetCommand: 'BatchGetItem', BatchWriteCommand: 'BatchWriteItem',
  TransactGetCommand: 'TransactGetItems', TransactWriteCommand: 'TransactWriteItems', ExecuteStatementCommand: 'ExecuteStatement',
};

const marshall = (data, options = {}) => {
  const made = encode(data, { ...options, version: 3 });
  return made.M && !options.convertTopLevelContainer ? made.M : made;
};
const unmarshall = (data, options = {}) => {
  const whole = options.convertWithoutMapWrapper ? data : { M: data };
  return decode(whole, { ...options, version: 3 });
};

class DynamoDBDocumentClient {
  constructor(client, translate = {}) {
    this.client = client;
    this.config = { ...client.config, translateConfig: translate };
  }
  static from(client, translate) { return new this(client, translate); }
  destroy() { this.client.destroy(); }
  send(command, options, done) {
    const back = typeof options === 'function' ? options : done;
    const promise = this.run(command);
    if (!back) return promise;
    promise.then((data) => back(null, data), (error) => back(error));
    return undefined;
  }
  async run(command) {
    if (!command.constructor.document) return this.client.send(command);
    const { marshallOptions, unmarshallOptions } = this.config.translateConfig;
    const input = turned(command.input, (value) => encode(value, { ...marshallOptions, version: 3 }));
    const { $metadata, ...data } = await this.client.run(command.constructor.document, input);
    return { $metadata, ...turned(data, (value) => decode(value, { ...unmarshallOptions, version: 3 })) };
  }
}

const commands = {};
class DynamoDBDocument extends DynamoDBDocumentClient {}
for (const [name, operation] of Object.entries(operations)) {
  commands[name] = class extends Command {};
  Object.defineProperty(commands[name], 'name', { value: name });
  commands[name].document = operation;
  const method = name[0].toLowerCase() + name.slice(1, -'Command'.length);
  DynamoDBDocument.prototype[method] = function call(input, ...rest) { return this.send(new commands[name](input), ...rest); };
}

const pages = (name) => async function* paginate({ client, pageSize, startingToken }, input) {
  for (let from = startingToken; ;) {
    const asked = { ...input, ...(pageSize ? { Limit: pageSize } : {}), ...(from ? { ExclusiveStartKey: from } : {}) };
    const found = await client.send(new commands[name](asked));
    yield found;
    from = found.LastEvaluatedKey;
    if (!from) return;
  }
};

module.exports = {
  marshall, unmarshall, DynamoDBDocumentClient, DynamoDBDocument, commands, kitOf,
  convertToAttr: (value, options) => encode(value, { ...options, version: 3 }),
  convertToNative: (value, options) => decode(value, { ...options, version: 3 }),
  paginateQuery: pages('QueryCommand'),
  paginateScan: pages('ScanCommand'),
};
