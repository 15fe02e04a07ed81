import { S3, S3Client, PutObjectCommand, GetObjectCommand, NoSuchKey, paginateListObjectsV2 } from '@aws-sdk/client-s3';

export const handler = async () => {
  const client = new S3Client({}), whole = new S3(), Bucket = 'photos';
  for (const Key of ['a', 'b', 'c']) {
      await client.send(new PutObjectCommand({ Bucket, Key, Body: Buffer.from(Key), Nix: 1 }));
  }
  const got = await whole.getObject({ Bucket, Key: 'b' });
  const keys = [];
  for await (const page of paginateListObjectsV2({ client, pageSize: 2 }, { Bucket })) {
      keys.push(page.Contents.map((each) => each.Key));
  }
  const missing = await client.send(new GetObjectCommand({ Bucket, Key: 'x' })).catch((e) => e);
  const about = missing.$metadata;
  return [await got.Body.transformToString(), keys, missing instanceof NoSuchKey, missing.name,
      about.httpStatusCode, about.attempts, got.$metadata.httpStatusCode];
};
