export { type AuthGuard, type AuthGuardOptions, type AuthVerdict, createAuthGuard } from './auth-guard.ts'
export type { DigestAlgorithm } from './digest.ts'
export { type AuthRequest, type Credentials, type HttpAuth, createHttpAuth } from './http-auth.ts'
export { type Challenge, parseChallenges } from './parse-challenges.ts'
