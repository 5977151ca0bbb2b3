import type { MediaDescription, MediaFormat, SessionDescription } from './session-description.ts'

/** A medium, and the one of its formats that is to be read. */
export interface MediaChoice {
  media: MediaDescription
  format: MediaFormat
  /** Its encoding is one that can be read here; else `format.encoding` says what it is. */
  isReadable: boolean
}

const readable: Readonly<Record<'video' | 'audio', readonly string[]>> = {
  video: ['JPEG', 'H264', 'H265'],
  audio: ['L16', 'L8', 'PCMU', 'PCMA'],
}

/**
 * The first medium of a type that can be read, before those that the server wants sent to itself (`sendonly`, as ONVIF
 * has it) or that rest, before those that cannot be read; undefined when there is none of that type over plain RTP.
 */
export function chooseMedia(description: SessionDescription, type: 'video' | 'audio'): MediaChoice | undefined {
  const choices = description.media.filter((media) => media.type === type && isPlainRtp(media)).flatMap(choicesOf)
  return choices.find((choice) => choice.isReadable && isSent(choice.media)) ?? choices.find(isReadable) ?? choices[0]
}

function choicesOf(media: MediaDescription): MediaChoice[] {
  const encodings = media.type === 'video' ? readable.video : readable.audio
  return media.formats.map((format) => {
    return { media, format, isReadable: encodings.includes(format.encoding) && format.clockRate > 0 }
  })
}

function isReadable(choice: MediaChoice): boolean {
  return choice.isReadable
}

function isSent(media: MediaDescription): boolean {
  return media.direction === 'sendrecv' || media.direction === 'recvonly'
}

/** Not encrypted, and with or without feedback (RFC 3551, RFC 4585). */
function isPlainRtp(media: MediaDescription): boolean {
  return /^RTP\/AVPF?(\/|$)/.test(media.protocol)
}
