import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, DynamoDBDocument, PutCommand, QueryCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';

export const handler = async () => {
  const TableName = 'rides', client = DynamoDBDocumentClient.from(new DynamoDBClient());
  await client.send(new PutCommand({ TableName, Item: { id: '1', s: new Set(['x']), b: 2n ** 60n } }));
  await client.send(new TransactWriteCommand({ TransactItems: [{ Update: { TableName,
      Key: { id: '1' }, UpdateExpression: 'SET c = :c', ExpressionAttributeValues: { ':c': 7 } } }] }));
  const { Items } = await client.send(new QueryCommand({ TableName,
      KeyConditionExpression: 'id = :i', ExpressionAttributeValues: { ':i': '1' } }));
  const { Item } = await DynamoDBDocument.from(new DynamoDBClient()).get({ TableName, Key: { id: '1' } });
  const bad = await client.send(new PutCommand({ TableName, Item: { id: '2', u: undefined } })).catch((e) => e);
  return [[...Items[0].s], String(Items[0].b), Item.c, bad.message, unmarshall(marshall({ a: [1] }))];
};
