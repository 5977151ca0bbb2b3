import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lockPage, withoutIndents } from './lock-page.ts'

test('style and script are let in by a nonce of this answer alone, and pictures from where the page says', async () => {
  const parts = { style: 'p{top:0}', script: 'go()', images: "'self' data:" }
  const [one, two] = await Promise.all([lockPage(parts), lockPage(parts)])
  const policy = new Map(one.headers).get('Content-Security-Policy') ?? ''
  const [, nonce] = /script-src 'nonce-([\w+/]{24})'/.exec(policy) ?? []
  assert.ok(nonce !== undefined && policy.includes(`style-src 'nonce-${nonce}'`))
  assert.match(policy, /^default-src 'none'; .*; img-src 'self' data:; /)
  assert.equal(one.script, `<script nonce="${nonce}">go()</script>`)
  assert.ok(!two.style.includes(nonce))
})

test('a page’s own style comes behind that of all pages, which is small', async () => {
  const { style } = await lockPage({ style: 'p{top:0}', script: '', images: 'data:' })
  assert.match(
    style,
    /^<style nonce="[^"]+">:root \{\n--ink: [^]*prefers-color-scheme: dark[^]*\}\np\{top:0\}<\/style>$/,
  )
  assert.ok(style.length < 1_200, `${style.length}`)
})

test('indents are left out, line ends are not', () => {
  assert.equal(withoutIndents('a\n  b\n\n\tc'), 'a\nb\nc')
})
