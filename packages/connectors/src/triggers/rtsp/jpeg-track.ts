import { JpegDepacketiser } from '@pelton/protocols/rtp'
import type { Track } from './medium.ts'
import type { Picture } from './picture-event.ts'
import type { VideoTrackParts } from './video-track.ts'

/** Frames of MJPEG, each of which is a picture already. */
export function createJpegTrack(parts: VideoTrackParts, dimensions: Picture['size']): Track {
  const { link, counts, handout, pace, clock, wallTime } = parts
  return new JpegDepacketiser(
    ({ bytes, timestamp, width, height }) => {
      link.good()
      const number = (counts.received += 1)
      // A frame for which no worker was free gives way to each newer one, whatever the pace.
      if (!pace.takes(clock.now()) && !handout.hasWaiting) return
      const size = { width, height }
      handout.offer({
        bytes,
        contentType: 'image/jpeg',
        number,
        atMs: wallTime(),
        rtpTimestamp: timestamp,
        size,
        unit: undefined,
      })
    },
    { dimensions },
  )
}
