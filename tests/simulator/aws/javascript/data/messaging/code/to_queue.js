const { send } = require('./sending')
exports.handler = async () => {
  const params = { MessageBody: `sent at ${Date()}`, QueueUrl: process.env.QUEUE }
  const result = await send('sqs', 'sendMessage', params)
  console.log(result)
}
