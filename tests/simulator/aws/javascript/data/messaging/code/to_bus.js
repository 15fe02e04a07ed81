const { send } = require('./sending')
exports.handler = async () => {
  const Detail = (state) => JSON.stringify({ message: 'sent at noon', state })
  const about = { DetailType: 'Ride', EventBusName: 'default', Source: 'rides.demo', Time: new Date() }
  const Entries = ['new', 'old'].map((state) => ({ ...about, Detail: Detail(state) }))
  const result = await send('eventbridge', 'putEvents', { Entries })
  if (result.FailedEntryCount) throw new Error('not all were taken')
}
