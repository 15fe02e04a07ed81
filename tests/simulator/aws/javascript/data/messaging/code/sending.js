// What a runtime carries: version 2 of the SDK up to Node.js 16, version 3 from 18 on.
const major = Number(/nodejs(\d+)/.exec(process.env.AWS_EXECUTION_ENV)[1])

exports.send = async (service, name, params) => {
  if (major <= 16) {
    const AWS = require('aws-sdk')
    AWS.config.update({ region: process.env.AWS_REGION })
    const clients = { sqs: AWS.SQS, sns: AWS.SNS, eventbridge: AWS.EventBridge }
    return new clients[service]()[name](params).promise()
  }
  const packages = {
    sqs: () => require('@aws-sdk/client-sqs'),
    sns: () => require('@aws-sdk/client-sns'),
    eventbridge: () => require('@aws-sdk/client-eventbridge')
  }
  const found = packages[service]()
  const whole = { sqs: 'SQS', sns: 'SNS', eventbridge: 'EventBridge' }[service]
  const command = `${name[0].toUpperCase()}${name.slice(1)}Command`
  return new found[`${whole}Client`]({}).send(new found[command](params))
}
