import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '@pelton/testkit'
import { type AuthGuardOptions, createAuthGuard } from './auth-guard.ts'
import { createHttpAuth } from './http-auth.ts'

const options: AuthGuardOptions = { realm: 'cameras', username: 'cam', password: 'pä:ss"' }
const describe = { method: 'DESCRIBE', uri: 'rtsp://host/a' }

test('what our client answers is granted, with qop and without, by MD5 and SHA-256', () => {
  for (const algorithms of [['MD5'], ['SHA-256'], ['SHA-256', 'MD5']] as const) {
    for (const asksQuality of [false, true]) {
      const guard = createAuthGuard({ ...options, algorithms, asksQuality })
      const auth = createHttpAuth(options)
      assert.equal(guard.check(auth.answer(guard.challenge(), describe), describe), 'granted')
      assert.equal(guard.check(auth.answer([], describe), describe), 'granted')
    }
  }
})

test('a name beyond ASCII is known', () => {
  const user = { ...options, username: 'Jürgen' }
  const guard = createAuthGuard(user)
  assert.equal(guard.check(createHttpAuth(user).answer(guard.challenge(), describe), describe), 'granted')
})

test('a wrong name, password, method or target is refused, as is no answer or another scheme', () => {
  const guard = createAuthGuard(options)
  const check = (user: Partial<AuthGuardOptions>, asked = describe): string =>
    guard.check(createHttpAuth({ ...options, ...user }).answer(guard.challenge(), describe), asked)
  assert.equal(check({}), 'granted')
  assert.equal(check({ password: 'x' }), 'refused')
  assert.equal(check({ username: 'x' }), 'refused')
  assert.equal(check({}, { ...describe, method: 'PLAY' }), 'refused')
  assert.equal(check({}, { ...describe, uri: 'rtsp://host/b' }), 'refused')
  assert.equal(check({}, { ...describe, uri: 'rtsp://host/ab' }), 'refused')
  const noise = ['', 'Digest', 'Basic Y2FtOnBhc3M=', 'Digest username="cam", response=""', 'x'.repeat(100_000)]
  for (const authorization of [undefined, ...noise]) assert.equal(guard.check(authorization, describe), 'refused')
})

test('an algorithm that was not offered is refused', () => {
  const weak = createAuthGuard({ ...options, algorithms: ['MD5'] })
  const strong = createAuthGuard({ ...options, algorithms: ['SHA-256'] })
  const answer = createHttpAuth(options).answer(weak.challenge(), describe)
  assert.equal(strong.check(answer, describe), 'refused')
})

test('an answer for the presentation holds for its streams', () => {
  const guard = createAuthGuard(options)
  const answer = createHttpAuth(options).answer(guard.challenge(), { method: 'SETUP', uri: 'rtsp://host/a/' })
  assert.equal(guard.check(answer, { method: 'SETUP', uri: 'rtsp://host/a/track1' }), 'granted')
})

test('a nonce lives as long as it was said, and is then stale for who knows the password only', async () => {
  const clock = new FakeClock()
  const guard = createAuthGuard({ ...options, nonceLifetimeMs: 1_000, clock })
  const auth = createHttpAuth(options)
  const liar = createHttpAuth({ ...options, password: 'x' })
  const answer = auth.answer(guard.challenge(), describe)
  const lie = liar.answer(guard.challenge(), describe)
  await clock.advance(1_000)
  assert.equal(guard.check(answer, describe), 'granted')
  await clock.advance(1)
  assert.equal(guard.check(answer, describe), 'stale')
  assert.equal(guard.check(lie, describe), 'refused')
  assert.equal(guard.check(auth.answer(guard.challenge(true), describe), describe), 'granted')
})

test('a nonce that was not made here is stale', () => {
  const [guard, other] = [createAuthGuard(options), createAuthGuard(options)]
  assert.equal(guard.check(createHttpAuth(options).answer(other.challenge(), describe), describe), 'stale')
  const forged = other.challenge()[0]!.replace(/nonce="\w{12}/, 'nonce="ffffffffffff')
  assert.equal(guard.check(createHttpAuth(options).answer([forged], describe), describe), 'stale')
})
