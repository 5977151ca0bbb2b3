import { type Template, functionFile, nodeTestLine, packageFile } from './template.ts'

/** TypeScript, run as it is. */
export const typescriptTemplate: Template = {
  name: 'typescript',
  summary: 'a handler in TypeScript, run without a build',
  testLine: nodeTestLine,
  files: (facts) => ({
    'function.yaml': functionFile(facts, 'nodejs', 'handler.ts'),
    'handler.ts': `import type { Context, Event } from '@pelton/sdk'

/** Greets whoever the body names. */
export async function handler(context: Context, event: Event) {
  const name = event.text().trim() || 'world'
  context.logger.info('greeting', { name })
  return { status: 200, body: { hello: name } }
}
`,
    'handler.test.ts': `import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInvoker } from '@pelton/sdk'
import * as greeter from './handler.ts'

test('greets by name', async () => {
  const invoke = createInvoker(greeter)
  const response = await invoke('Ada')
  assert.equal(response.status, 200)
  assert.deepEqual(response.json(), { hello: 'Ada' })
})
`,
    'package.json': packageFile(facts, 'module'),
    'tsconfig.json': `{
  "compilerOptions": {
    "target": "es2024",
    "module": "nodenext",
    "strict": true,
    "noEmit": true,
    "allowImportingTsExtensions": true,
    "erasableSyntaxOnly": true
  }
}
`,
  }),
}
