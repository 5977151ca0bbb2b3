import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHttpAuth } from './http-auth.ts'
import { parseChallenges } from './parse-challenges.ts'

const index = { method: 'GET', uri: '/dir/index.html' }
const mufasa = { username: 'Mufasa', password: 'Circle of Life' }
const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ'
const rfc7616 =
  'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ' +
  'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
const sha256 = `Digest ${rfc7616}, algorithm=SHA-256`
const md5 = `Digest ${rfc7616}, algorithm=MD5`

function read(answer: string | undefined): Record<string, string> {
  const [found] = parseChallenges([answer ?? ''])
  return { scheme: found?.scheme ?? '', ...Object.fromEntries(found?.parameters ?? []) }
}

test('the vectors of RFC 7616 §3.9.1: SHA-256 is preferred to MD5, in whichever order they come', () => {
  for (const challenges of [[sha256, md5], [md5, sha256], [`${md5}, ${sha256}`]]) {
    const answer = read(createHttpAuth(mufasa, () => cnonce).answer(challenges, index))
    assert.deepEqual(answer, {
      scheme: 'digest',
      username: 'Mufasa',
      realm: 'http-auth@example.org',
      uri: '/dir/index.html',
      algorithm: 'SHA-256',
      nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
      nc: '00000001',
      cnonce,
      qop: 'auth',
      response: '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
      opaque: 'FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS',
    })
  }
  const answer = read(createHttpAuth(mufasa, () => cnonce).answer([md5], index))
  assert.equal(answer['response'], '8ca523f5e9506fed4657c9700eebdbec')
})

test('the vector of RFC 2617 §3.5: no algorithm is MD5, and none is named in the answer', () => {
  const auth = createHttpAuth({ username: 'Mufasa', password: 'Circle Of Life' }, () => '0a4f113b')
  const nonce = 'dcd98b7102dd2f0e8b11d0f600bfb0c093'
  const challenge = `Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="${nonce}", opaque="5ccc"`
  const answer = read(auth.answer([challenge], index))
  assert.equal(answer['response'], '6629fae49393a05397450978507c4ef1')
  assert.equal(answer['algorithm'], undefined)
})

test('without qop the answer is that of RFC 2069, without count and cnonce', () => {
  const auth = createHttpAuth({ username: 'Mufasa', password: 'CircleOfLife' })
  const challenge = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc"'
  const { response, nc, qop } = read(auth.answer([challenge], index))
  assert.deepEqual([response, nc, qop], ['1949323746fe6a43ef61f9606e7febea', undefined, undefined])
})

test('Basic is RFC 7617, in UTF-8, and only taken without a Digest that can be answered', () => {
  const aladdin = createHttpAuth({ username: 'Aladdin', password: 'open sesame' })
  assert.equal(aladdin.answer(['Basic realm="WallyWorld"'], index), 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==')
  const pound = createHttpAuth({ username: 'test', password: '123£' })
  assert.equal(pound.answer(['Basic realm="foo", charset="UTF-8"'], index), 'Basic dGVzdDoxMjPCow==')
  assert.match(createHttpAuth(mufasa).answer(['Basic realm="a"', md5], index) ?? '', /^Digest /)
  const unknown = 'Digest realm="a", nonce="b", algorithm=SHA-999'
  const integrity = 'Digest realm="a", nonce="b", qop="auth-int"'
  assert.match(createHttpAuth(mufasa).answer([unknown, integrity, 'Basic realm="a"'], index) ?? '', /^Basic /)
})

test('-sess hashes the nonces along with the credentials', () => {
  const challenge = 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess'
  const answer = read(createHttpAuth({ username: 'u', password: 'p' }, () => 'c').answer([challenge], index))
  const md5Of = (text: string): string => process.getBuiltinModule('node:crypto').hash('md5', text)
  const secret = md5Of(`${md5Of('u:r:p')}:n:c`)
  assert.equal(answer['response'], md5Of(`${secret}:n:00000001:c:auth:${md5Of('GET:/dir/index.html')}`))
  assert.equal(answer['algorithm'], 'MD5-sess')
})

test('later requests use the nonce without being asked, and count', () => {
  const auth = createHttpAuth(mufasa)
  assert.equal(auth.answer([], index), undefined)
  auth.answer([sha256], index)
  assert.equal(read(auth.answer([], index))['nc'], '00000002')
  assert.equal(read(auth.answer([], { method: 'GET', uri: '/b' }))['uri'], '/b')
})

test('a challenge after an answer to one is given up: the credentials are wrong', () => {
  const auth = createHttpAuth(mufasa)
  assert.ok(auth.answer([md5], index))
  assert.equal(auth.answer([md5], index), undefined)
  assert.equal(auth.answer([], index), undefined)
})

test('a nonce that grew too old is replaced, whether the server says stale or not', () => {
  const auth = createHttpAuth(mufasa)
  auth.answer([md5], index)
  auth.answer([], index)
  const silent = read(auth.answer([md5.replace('7ypf', 'new1')], index))
  assert.ok(silent['nonce']?.startsWith('new1'))
  const said = read(auth.answer([`${md5.replace('7ypf', 'new2')}, stale=TRUE`], index))
  assert.ok(said['nonce']?.startsWith('new2'))
  assert.equal(said['nc'], '00000001')
})

test('a server that calls every nonce stale is given up', () => {
  const auth = createHttpAuth(mufasa)
  let answers = 0
  while (answers < 100 && auth.answer([`${md5}, stale=true`], index) !== undefined) answers += 1
  assert.equal(answers, 4)
})

test('what no one here can answer is given up', () => {
  const auth = createHttpAuth(mufasa)
  for (const challenge of ['Negotiate', 'Digest realm="no nonce"', 'Digest nonce="a\r\nX: y", realm="r"', '']) {
    assert.equal(auth.answer([challenge], index), undefined)
  }
})

test('quotes in names are escaped, names beyond ASCII are written by RFC 8187', () => {
  const quoted = createHttpAuth({ username: 'a"b\\', password: '' }).answer([md5], index) ?? ''
  assert.ok(quoted.includes('username="a\\"b\\\\"'))
  const long = createHttpAuth({ username: "Jäsøn (o')", password: '' }).answer([md5], index) ?? ''
  assert.ok(long.includes("username*=UTF-8''J%C3%A4s%C3%B8n%20%28o%27%29,"))
})
