import { type MediaPrograms, mediaPeers } from '../../scripts/tools/media-peers.ts'

/** FFmpeg and GStreamer; rejects with why they are not here. */
export async function mediaPrograms(): Promise<MediaPrograms> {
  const peers = await mediaPeers()
  if (peers.skip !== false) throw new Error(`the benchmark of cameras ${peers.skip}`)
  return peers
}
