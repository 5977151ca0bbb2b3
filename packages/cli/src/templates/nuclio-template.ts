import { type Template, nodeTestLine, packageFile, schemaComment } from './template.ts'

/** What nuclio runs too. */
export const nuclioTemplate: Template = {
  name: 'nuclio',
  summary: "a handler in nuclio's style, as CommonJS: it runs on nuclio too",
  testLine: nodeTestLine,
  files: (facts) => ({
    'function.yaml': `${schemaComment}
apiVersion: nuclio.io/v1
kind: NuclioFunction
metadata:
  name: ${facts.name}
spec:
  runtime: nodejs
  handler: handler:handler
  triggers:
    http:
      kind: http
      numWorkers: 1
`,
    'handler.js': `exports.initContext = async function (context) {
  context.userData.greeting = 'hello'
}

exports.handler = function (context, event) {
  const name = event.body.toString().trim() || 'world'
  context.logger.infoWith('Greeting', { name })
  context.callback({ [context.userData.greeting]: name })
}
`,
    'handler.test.js': `const assert = require('node:assert/strict')
const { test } = require('node:test')
const { createInvoker } = require('@pelton/sdk')
const greeter = require('./handler.js')

test('greets by name', async () => {
  const invoke = createInvoker(greeter, { compat: 'nuclio' })
  const response = await invoke('Ada')
  assert.equal(response.status, 200)
  assert.deepEqual(response.json(), { hello: 'Ada' })
})
`,
    'package.json': packageFile(facts, 'commonjs'),
  }),
}
