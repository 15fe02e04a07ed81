const AWS = require('aws-sdk');

exports.handler = async () => {
  const client = new AWS.DynamoDB.DocumentClient(), TableName = 'rides';
  const Item = { id: '1', n: 1.5, l: [null, true, 'x'], m: { a: {} }, s: client.createSet([1, 2]) };
  await client.put({ TableName, Item: { ...Item, left: undefined } }).promise();
  await client.update({ TableName, Key: { id: '1' }, UpdateExpression: 'ADD n :d',
      ExpressionAttributeValues: { ':d': 2 } }).promise();
  const got = await client.batchGet({ RequestItems: { rides: { Keys: [{ id: '1' }] } } }).promise();
  const wire = await new AWS.DynamoDB().getItem({ TableName, Key: { id: { S: '1' } } }).promise();
  const plain = AWS.DynamoDB.Converter.unmarshall(wire.Item);
  return [got.Responses.rides[0], wire.Item.n, plain.n, await again()];
  async function again() {
      const once = { TableName, Item, ConditionExpression: 'attribute_not_exists(id)' };
      try { await client.put(once).promise() } catch (e) { return [e.code, e.statusCode, e.message] }
  }
};
