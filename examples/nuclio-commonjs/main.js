exports.initContext = function (context) {
  context.userData.calls = 0
}

exports.handler = function (context, event) {
  context.userData.calls += 1
  context.logger.infoWith('Reversing', { bytes: event.body.length })
  const text = event.body.toString()
  if (text === '') {
    context.callback(new context.Response('nothing to reverse', {}, 'text/plain', 400))
    return
  }
  const headers = { 'X-Prefix': process.env.GREETING, 'X-Calls': String(context.userData.calls) }
  context.callback(new context.Response([...text].reverse().join(''), headers, 'text/plain', 200))
}
