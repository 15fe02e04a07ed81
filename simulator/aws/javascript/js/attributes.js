'use strict';
// DynamoDB's attribute values as plain JavaScript, and back.

const { isBytes } = require('./core');

const NAMED = new Set(['Key', 'Item', 'ExpressionAttributeValues', 'ExclusiveStartKey', 'Attributes']);
['LastEvaluatedKey', 'ItemCollectionKey'].forEach((name) => NAMED.add(name));
const LISTS = new Set(['Items', 'Keys']);
const VALUES = new Set(['Parameters', 'AttributeValueList']);
const TABLES = new Set(['RequestItems', 'Responses', 'UnprocessedItems', 'UnprocessedKeys']);

const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
const each = (map, act) =>
  Object.fromEntries(Object.entries(map).map(([name, value]) => [name, act(value)]).filter(([, v]) => v !== undefined));

function number(value, options) {
  if (options.version === 3 && !Number.isFinite(Number(value))) {
    throw new Error(`Special numeric value ${value} is not allowed`);
  }
  return { N: String(value) };
}

function set(values, options) {
  const [first] = values;
  if (first === undefined) {
    if (options.convertEmptyValues) return { NULL: true };
    throw new Error('Pass a non-empty set, or options.convertEmptyValues=true.');
  }
  if (isBytes(first)) return { BS: values };
  if (typeof first === 'number' || typeof first === 'bigint') return { NS: values.map(String) };
  return { SS: values.map(String) };
}

function encode(value, options = {}) {
  if (value === undefined) {
    if (options.removeUndefinedValues || options.version !== 3) return undefined;
    throw new Error('Pass options.removeUndefinedValues=true to remove undefined values from map/array/set.');
  }
  if (value === null) return { NULL: true };
  if (typeof value === 'string' && value === '' && options.convertEmptyValues) return { NULL: true };
  if (typeof value === 'string' || value instanceof String) return { S: String(value) };
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof Number) return number(value, options);
  if (typeof value === 'boolean' || value instanceof Boolean) return { BOOL: Boolean(value.valueOf()) };
  if (isBytes(value)) return { B: value };
  if (value instanceof Set) return set([...value], options);
  if (value.wrapperName === 'Set') return set(value.values, options);
  if (value.wrapperName === 'NumberValue') return { N: value.value };
  if (Array.isArray(value)) return { L: value.map((one) => encode(one, options)).filter((one) => one !== undefined) };
  if (value instanceof Map) return { M: each(Object.fromEntries(value), (one) => encode(one, options)) };
  const plain = [Object.prototype, null].includes(Object.getPrototypeOf(value));
  if (options.version === 3 && !plain && !options.convertClassInstanceToMap) {
    const kind = value.constructor?.name ?? 'value';
    throw new Error(`Unsupported type passed: ${kind}. Pass options.convertClassInstanceToMap=true to marshall typeof object as map attribute.`);
  }
  return { M: each(value, (one) => encode(one, options)) };
}

function readNumber(text, options) {
  if (options.wrapNumbers === true) return { wrapperName: 'NumberValue', value: text };
  if (typeof options.wrapNumbers === 'function') return options.wrapNumbers(text);
  const found = Number(text);
  const whole = /^-?\d+$/.test(text);
  return options.version === 3 && whole && !Number.isSafeInteger(found) ? BigInt(text) : found;
}

function decode(value, options = {}) {
  const [kind] = Object.keys(value);
  const inside = value[kind];
  switch (kind) {
    case 'NULL': return null;
    case 'N': return readNumber(inside, options);
    case 'L': return inside.map((one) => decode(one, options));
    case 'M': return each(inside, (one) => decode(one, options));
    case 'SS': case 'NS': case 'BS': {
      const values = kind === 'NS' ? inside.map((one) => readNumber(one, options)) : inside;
      return options.version === 3 ? new Set(values) : new AttributeSet(values, kind);
    }
    default: return inside;
  }
}

class AttributeSet {
  constructor(values, kind) {
    this.wrapperName = 'Set';
    this.values = values;
    const first = values[0];
    const found = kind ?? (isBytes(first) ? 'BS' : typeof first === 'number' ? 'NS' : 'SS');
    this.type = { SS: 'String', NS: 'Number', BS: 'Binary' }[found];
  }
  toJSON() { return this.values; }
}

// Turns what stands for attribute values in a request or an answer, wherever DynamoDB has them.
function turned(value, act) {
  if (Array.isArray(value)) return value.map((one) => turned(one, act));
  if (!isObject(value) || isBytes(value) || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, member(name, one, act)]));
}

function member(name, value, act) {
  if (value === undefined || value === null) return value;
  if (NAMED.has(name)) return each(value, act);
  if (LISTS.has(name)) return value.map((one) => each(one, act));
  if (VALUES.has(name)) return value.map(act);
  if (name === 'Value') return act(value);
  if (!TABLES.has(name) || Array.isArray(value)) return turned(value, act);
  const items = name === 'Responses';
  return each(value, (one) => (items ? one.map((item) => each(item, act)) : turned(one, act)));
}

module.exports = { encode, decode, turned, AttributeSet };
