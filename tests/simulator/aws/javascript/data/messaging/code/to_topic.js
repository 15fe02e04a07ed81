const { send } = require('./sending')
exports.handler = (event, context, callback) => {
  const params = { Message: `sent at ${Date()}`, Subject: 'news', TopicArn: process.env.TOPIC }
  send('sns', 'publish', params).then((result) => callback(null, result.MessageId), callback)
}
