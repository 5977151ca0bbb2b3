import { type DigestAlgorithm, readAlgorithm } from './digest.ts'
import type { Challenge } from './parse-challenges.ts'

/** A challenge that can be answered. */
export type Usable =
  | { scheme: 'basic'; isStale: false }
  | {
      scheme: 'digest'
      algorithm: DigestAlgorithm
      isSession: boolean
      /** As the server wrote it; it is repeated only where the server named one. */
      algorithmName: string | undefined
      realm: string
      nonce: string
      opaque: string | undefined
      /** The server wants `qop=auth`. */
      hasQuality: boolean
      /** Only the nonce was too old. */
      isStale: boolean
    }

/** The strongest that can be answered: Digest with SHA-256, with MD5, Basic; undefined for none. */
export function chooseChallenge(challenges: readonly Challenge[]): Usable | undefined {
  let best: Usable | undefined
  for (const challenge of challenges) {
    const usable = readUsable(challenge)
    if (usable && (!best || strength(usable) > strength(best))) best = usable
  }
  return best
}

function strength(usable: Usable): number {
  if (usable.scheme === 'basic') return 0
  return usable.algorithm === 'MD5' ? 1 : 2
}

function readUsable({ scheme, parameters }: Challenge): Usable | undefined {
  if (scheme === 'basic') return { scheme, isStale: false }
  if (scheme !== 'digest') return undefined
  const algorithmName = parameters.get('algorithm')
  const algorithm = readAlgorithm(algorithmName)
  const nonce = parameters.get('nonce')
  const qualities = parameters.get('qop')
  const hasQuality = qualities !== undefined && /(?:^|[\s,])auth(?:[\s,]|$)/i.test(qualities)
  if (!algorithm || nonce === undefined || (qualities !== undefined && qualities !== '' && !hasQuality))
    return undefined
  const realm = parameters.get('realm') ?? ''
  const opaque = parameters.get('opaque')
  // They are repeated in a header of ours, where nothing but text may stand, of any language.
  if (![nonce, realm, opaque ?? '', algorithmName ?? ''].every(isHeaderText)) return undefined
  const isStale = parameters.get('stale')?.toLowerCase() === 'true'
  return { scheme, ...algorithm, algorithmName, realm, nonce, opaque, hasQuality, isStale }
}

function isHeaderText(text: string): boolean {
  return /^(?:\t|\P{Cc})*$/u.test(text)
}
