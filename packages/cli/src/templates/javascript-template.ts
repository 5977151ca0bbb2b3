import { type Template, functionFile, nodeTestLine, packageFile } from './template.ts'

/** JavaScript as an ES module. */
export const javascriptTemplate: Template = {
  name: 'javascript',
  summary: 'a handler in JavaScript, as an ES module',
  testLine: nodeTestLine,
  files: (facts) => ({
    'function.yaml': functionFile(facts, 'nodejs', 'handler.js'),
    'handler.js': `/**
 * Greets whoever the body names.
 * @param {import('@pelton/sdk').Context} context
 * @param {import('@pelton/sdk').Event} event
 */
export async function handler(context, event) {
  const name = event.text().trim() || 'world'
  context.logger.info('greeting', { name })
  return { status: 200, body: { hello: name } }
}
`,
    'handler.test.js': `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInvoker } from '@pelton/sdk'
import * as greeter from './handler.js'

test('greets by name', async () => {
  const invoke = createInvoker(greeter)
  const response = await invoke('Ada')
  assert.equal(response.status, 200)
  assert.deepEqual(response.json(), { hello: 'Ada' })
})
`,
    'package.json': packageFile(facts, 'module'),
  }),
}
