import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serve } from './serve-function.ts'

/** The configuration of DigitalHub's integration tests, as it stands: its port is another one by `--port` only. */
const yaml = (handler: string): string => `spec:
  runtime: "python:3.10"
  handler: "${handler}"
  triggers:
    myHttpTrigger:
      kind: http
      attributes:
        port: 8080
      maxWorkers: 1
`

const onFreePort = { args: ['--port', '0'] }

test('14 case 1: get answers 200 with exactly its text', async (t) => {
  const served = await serve(
    t,
    {
      'get.yaml': yaml('get:handler'),
      'get.py': `def handler(context, event):
    return context.Response(body='Hello, world!', headers={}, content_type='text/plain', status_code=200)
`,
    },
    { ...onFreePort, path: 'get.yaml' },
  )
  const answer = await served.ask()
  assert.deepEqual([answer.status, answer.text], [200, 'Hello, world!'])
})

test('14 case 2: post_text greets whoever the body names, one after the other', async (t) => {
  const served = await serve(
    t,
    {
      'post_text.yaml': yaml('post_text:handler'),
      'post_text.py': `def handler(context, event):
    name = event.body.decode('utf-8')
    return context.Response(body=f'Hello, {name}!', headers={}, content_type='text/plain', status_code=200)
`,
    },
    { ...onFreePort, path: 'post_text.yaml' },
  )
  for (const name of ['world', 'John']) {
    const answer = await served.ask(name)
    assert.deepEqual([answer.status, answer.text], [200, `Hello, ${name}!`])
  }
})

test('14 case 3: post_json without a content type gets the bytes and answers JSON', async (t) => {
  const served = await serve(
    t,
    {
      'post_json.yaml': yaml('post_json:handler'),
      'post_json.py': `import json

def handler(context, event):
    body = {'body': json.loads(event.body)}
    return context.Response(body=body, headers={}, content_type='application/json', status_code=200)
`,
    },
    { ...onFreePort, path: 'post_json.yaml' },
  )
  const answer = await served.ask('{"id":0,"country":"Italy"}')
  assert.deepEqual([answer.status, answer.type], [200, 'application/json'])
  assert.deepEqual(JSON.parse(answer.text), { body: { id: 0, country: 'Italy' } })
})
