import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Script } from 'node:vm'
import { startRest } from '../fixtures/start-rest.ts'

const input_tensors = [{ name: 'x', datatype: 'FP32', shape: [-1, 3] }]

/** As browsers get it: `fetch` has unpacked it. */
async function page(url: string, path = 'm/try'): Promise<{ answered: Response; html: string }> {
  const answered = await fetch(`${url}/models/${path}`, { headers: { 'accept-encoding': 'gzip' } })
  return { answered, html: await answered.text() }
}

const noncesIn = (html: string): string[] =>
  [...html.matchAll(/<(?:style|script) nonce="([^"]+)"/g)].map(([, nonce = '']) => nonce)

test('a model has a page that shows its name, version, platform and tensors', async (t) => {
  const { url } = await startRest(t, undefined, { model_version: '2.0', input_tensors })
  for (const path of ['m/try', 'm/versions/2.0/try']) {
    const { answered, html } = await page(url, path)
    assert.deepEqual([answered.status, answered.headers.get('content-type')], [200, 'text/html; charset=utf-8'])
    for (const part of ['<h1>m</h1>', '<code>2.0</code>', '<code>pelton_function</code>'])
      assert.ok(html.includes(part), part)
    const [, model = ''] = /id="model">(.*?)<\/script>/.exec(html) ?? []
    assert.deepEqual(JSON.parse(model), { inputs: input_tensors, outputs: [] })
  }
})

test('the page of each version is its own', async (t) => {
  const models = ['1', '2'].map((model_version) => ({
    model_name: 'm',
    model_version,
    input_tensors: [{ name: `x${model_version}`, datatype: 'FP32', shape: [1] }],
  }))
  const { url } = await startRest(t, undefined, { model_name: undefined, models })
  assert.match((await page(url, 'm/versions/1/try')).html, /"x1"/)
  assert.match((await page(url, 'm/versions/2/try')).html, /"x2"/)
  assert.equal((await page(url, 'm/versions/3/try')).answered.status, 404)
  assert.equal((await page(url, 'other/try')).answered.status, 404)
})

test('the page runs its own script only, asks its own server only and is in no frame', async (t) => {
  const { url } = await startRest(t)
  const [first, second] = [await page(url), await page(url)]
  const [nonce = '', ...others] = noncesIn(first.html)
  assert.match(nonce, /^[\w+/]{24}$/)
  assert.deepEqual(others, [nonce])
  assert.notEqual(noncesIn(second.html)[0], nonce)
  assert.deepEqual(first.answered.headers.get('content-security-policy')?.split('; '), [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    `script-src 'nonce-${nonce}'`,
    "connect-src 'self'",
    'img-src blob: data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ])
  assert.equal(first.answered.headers.get('x-content-type-options'), 'nosniff')
  assert.equal(first.answered.headers.get('cache-control'), 'no-store')
})

test('the page is one piece of less than 20 KB as it is sent, and makes no HTML of data', async (t) => {
  const { url } = await startRest(t)
  const { answered, html } = await page(url)
  assert.equal(answered.headers.get('content-encoding'), 'gzip')
  assert.ok(Number(answered.headers.get('content-length')) < 20_000, String(answered.headers.get('content-length')))
  assert.doesNotMatch(html, / src=|https?:|url\(|@import|innerHTML|outerHTML|insertAdjacent|document\.write|eval\(/)
  assert.doesNotMatch(html, /\{\{|style=|<[^>]* on\w+=/)
  const plain = await fetch(`${url}/models/m/try`, { headers: { 'accept-encoding': 'identity' } })
  assert.equal(plain.headers.get('content-encoding'), null)
  assert.equal((await plain.text()).length, html.length)
})

test('the script is one that browsers can read', async (t) => {
  const { url } = await startRest(t)
  const [, script = ''] = /<script nonce="[^"]+">(.*)<\/script>/s.exec((await page(url)).html) ?? []
  assert.match(script, /^'use strict'/)
  // Also when two modules use the same name at their top.
  assert.doesNotThrow(() => new Script(script))
})

test('names are shown, never run', async (t) => {
  const evil = `</script><script>alert('1')</script>"><img src=x onerror=alert(2)> {{nonce}}`
  const { url } = await startRest(t, undefined, {
    model_name: evil,
    model_version: evil,
    input_tensors: [{ name: evil, datatype: 'FP32', shape: [1] }],
  })
  const { answered, html } = await page(url, `${encodeURIComponent(evil)}/try`)
  assert.equal(answered.status, 200)
  assert.equal(html.match(/<script/g)?.length, 2)
  assert.equal(html.match(/<\/script>/g)?.length, 2)
  assert.doesNotMatch(html, /<img/)
  assert.equal(html.match(/\{\{nonce\}\}/g)?.length, 4)
  const [, model = ''] = /id="model">(.*?)<\/script>/.exec(html) ?? []
  assert.equal((JSON.parse(model) as { inputs: { name: string }[] }).inputs[0]?.name, evil)
})

test('on Kubernetes there is none, and the answer says why', async (t) => {
  const { url } = await startRest(t, undefined, {}, { kubernetes: true })
  const { answered, html } = await page(url)
  assert.equal(answered.status, 404)
  assert.match((JSON.parse(html) as { error: string }).error, /for development.*none on Kubernetes/)
})

test('it is got, nothing else', async (t) => {
  const { url } = await startRest(t)
  const posted = await fetch(`${url}/models/m/try`, { method: 'POST' })
  assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD'])
  const head = await fetch(`${url}/models/m/try`, { method: 'HEAD' })
  assert.deepEqual([head.status, await head.text()], [200, ''])
})
