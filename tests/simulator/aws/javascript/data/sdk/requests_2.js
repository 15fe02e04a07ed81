const AWS = require('aws-sdk');

exports.handler = async () => {
  const sqs = new AWS.SQS({ apiVersion: '2012-11-05' });
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'rides' }).promise();
  await new Promise((done, failed) => {
      sqs.sendMessage({ QueueUrl, MessageBody: 'a' }, (e, data) => (e ? failed(e) : done(data)));
  });
  await new Promise((done) => {
      sqs.sendMessage({ QueueUrl, MessageBody: 'b' }).on('success', done).send();
  });
  const SQS = require('aws-sdk/clients/sqs');
  const got = await new SQS().receiveMessage({ QueueUrl, MaxNumberOfMessages: 10 }).promise();
  return got.Messages.map((each) => each.Body).sort();
};
