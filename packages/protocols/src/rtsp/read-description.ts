import { type MediaChoice, SdpFault, type SessionDescription, chooseMedia, parseSdp } from '../sdp/index.ts'
import { type RtspResponse, headerOf } from './rtsp-message.ts'

/** What a DESCRIBE brought: what to read; or what there is instead; or why it cannot be read. */
export type DescriptionFound =
  | { description: SessionDescription; choice: MediaChoice; base: string }
  | { offered: string }
  | { reason: string; cause: unknown }

/** Reads the answer to a DESCRIBE of `uri` and chooses the medium. */
export function readDescription(
  response: RtspResponse,
  media: 'video' | 'audio' | 'any',
  uri: string,
): DescriptionFound {
  try {
    const description = parseSdp(response.body)
    const choices = (media === 'any' ? (['video', 'audio'] as const) : [media]).map((type) =>
      chooseMedia(description, type),
    )
    const choice = choices.find((one) => one?.isReadable)
    if (!choice) return { offered: listOffers(description) }
    return { description, choice, base: baseOf(response, uri) }
  } catch (error) {
    if (!(error instanceof SdpFault)) throw error
    return { reason: `its description cannot be read: ${error.message}`, cause: error }
  }
}

/** RFC 2326 C.1.1; some cameras write what is no URL. */
function baseOf(response: RtspResponse, uri: string): string {
  const bases = [headerOf(response, 'content-base'), headerOf(response, 'content-location')]
  return bases.find((base) => base !== undefined && /^rtsps?:\/\/\S+$/i.test(base)) ?? uri
}

function listOffers({ media }: SessionDescription): string {
  const offers = media.flatMap(({ type, formats, protocol }) => {
    if (formats.length === 0) return [`${type} by ${protocol}`]
    return formats.map(({ encoding, payloadType }) => `${type} ${encoding === '' ? payloadType : encoding}`)
  })
  const text = [...new Set(offers)].slice(0, 10).join(', ').slice(0, 200)
  return text === '' ? 'nothing' : text
}
