import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseChallenges } from './parse-challenges.ts'

function parse(...values: string[]): unknown {
  return parseChallenges(values).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])
}

test('several challenges in one header and in several are read in order', () => {
  assert.deepEqual(
    parse('Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"', 'DIGEST a=b'),
    [
      ['newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
      ['basic', { realm: 'simple' }],
      ['digest', { a: 'b' }],
    ],
  )
})

test('a token instead of parameters is read over', () => {
  assert.deepEqual(parse('Negotiate a87421000492aa874209af8bc028==, Basic realm="x", NTLM, Digest nonce=1'), [
    ['negotiate', {}],
    ['basic', { realm: 'x' }],
    ['ntlm', {}],
    ['digest', { nonce: '1' }],
  ])
})

test('what cameras write is understood: blanks around =, no quotes, no commas, commas too many, odd letter case', () => {
  const expected = [['digest', { realm: 'IP Camera(1)', nonce: 'ab/c==', stale: 'FALSE' }]]
  assert.deepEqual(parse('Digest realm="IP Camera(1)", nonce=ab/c==, stale=FALSE'), expected)
  assert.deepEqual(parse('Digest Realm = "IP Camera(1)" nonce="ab/c==" STALE="FALSE"'), expected)
  assert.deepEqual(parse(',, digest ,realm="IP Camera(1)",,nonce="ab/c==",stale=FALSE,'), expected)
})

test('a comma in quotes parts nothing, and a quote that never ends reaches to the end', () => {
  assert.deepEqual(parse('Digest realm="a, Basic realm=b", qop="auth,auth-int'), [
    ['digest', { realm: 'a, Basic realm=b', qop: 'auth,auth-int' }],
  ])
})

test('of a repeated parameter the first counts', () => {
  assert.deepEqual(parse('Digest nonce="a", nonce="b"'), [['digest', { nonce: 'a' }]])
})

test('parameters of no scheme and other noise are left out', () => {
  assert.deepEqual(parse('realm="x", Basic realm="y"', '', '"', '@@, Digest a=1'), [
    ['basic', { realm: 'y' }],
    ['digest', { a: '1' }],
  ])
})

test('no text is beyond it, and what it gives is bounded', () => {
  const piece = fc.constantFrom('Digest ', 'Basic', 'realm=', '"', '\\', ',', ' ', '=', 'x', '\0', 'é', 'a="b"')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 300 }), (pieces) => {
      const found = parseChallenges([pieces.join('')])
      assert.ok(found.length <= 16 && found.every(({ parameters }) => parameters.size <= 32))
    }),
    { numRuns: 300 },
  )
})

test('long runs of anything are read in time that grows with their length', () => {
  const begun = performance.now()
  for (const run of [',', ' ', '"', '\\', '=', 'a', 'a,', 'a=', '"\\', ', @', 'a  ']) {
    for (const start of ['', 'Digest realm="', 'Basic ']) parseChallenges([start + run.repeat(100_000) + '@'])
  }
  assert.ok(performance.now() - begun < 2_000)
})
