import type { AttributeNote, CheckAttributes } from '@pelton/core'
import { type RtspAttributes, codecOf } from './config.ts'

const codecs = { video: ['jpeg', 'h264'], audio: ['l16', 'pcmu'] } as const

/** What the schema cannot say of codec, credentials and UDP ports. */
export const checkRtsp: CheckAttributes<RtspAttributes> = (given) => [
  ...faultAt('codec', codecFault(given)),
  ...faultAt('password', given.username !== undefined && given.password === undefined, 'is required with username'),
  ...faultAt('username', given.password !== undefined && given.username === undefined, 'is required with password'),
  ...faultAt('rtcp_port', isOnePort(given), 'must not be rtp_port'),
]

function codecFault(given: RtspAttributes): string | undefined {
  const { type } = given
  const fits = (codecs[type] as readonly string[]).includes(codecOf(given))
  return fits ? undefined : `must be ${codecs[type].join(' or ')} where type is ${type}`
}

function isOnePort({ rtp_port: rtp, rtcp_port: rtcp }: RtspAttributes): boolean {
  return rtp !== undefined && rtp !== 0 && rtp === rtcp
}

function faultAt(attribute: string, fault: string | boolean | undefined, message = String(fault)): AttributeNote[] {
  return fault === undefined || fault === false ? [] : [{ level: 'error', path: [attribute], message }]
}
