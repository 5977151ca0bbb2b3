import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { findOrInstall, findProgram, installPackages } from './debian-packages.ts'
import { root } from './repository.ts'

const run = promisify(execFile)

const packages = [
  'ffmpeg',
  'gir1.2-gst-rtsp-server-1.0',
  'python3-gi',
  'gstreamer1.0-plugins-base',
  'gstreamer1.0-plugins-good',
  'gstreamer1.0-plugins-bad',
  'gstreamer1.0-plugins-ugly',
  'gstreamer1.0-libav',
  'gstreamer1.0-rtsp',
  'gstreamer1.0-tools',
  'gstreamer1.0-x',
]

/** Programs of FFmpeg and GStreamer by their absolute paths, and a Python that runs `gst-rtsp-server.py`. */
export interface MediaPrograms {
  ffmpeg: string
  ffprobe: string
  gstLaunch: string
  python: string
}

/** What tests use of FFmpeg and GStreamer; or the reason for node:test's `skip` why it is not here. */
export type MediaPeers = (MediaPrograms & { skip: false }) | { skip: string }

/** What looks for the programs and installs them; given by tests only. */
export interface MediaPeersOptions {
  find?: () => Promise<MediaPrograms | undefined>
  /** Rejects with the reason why it cannot. */
  install?: () => Promise<void>
  /** Where the reason of a failure is kept; default under node_modules/.cache. */
  noteFile?: string
}

/** Finds FFmpeg and GStreamer; where one is missing, root installs the Debian packages, in at most four minutes. Never rejects. */
export async function mediaPeers(options: MediaPeersOptions = {}): Promise<MediaPeers> {
  const { find = findPrograms, install = () => installPackages(packages) } = options
  const noteFile = options.noteFile ?? path.join(root, 'node_modules/.cache/media-peers.failed')
  const result = await findOrInstall({ find, install, noteFile })
  return typeof result === 'string' ? { skip: `needs media-peers (${result})` } : { ...result.found, skip: false }
}

async function findPrograms(): Promise<MediaPrograms | undefined> {
  const ffmpeg = findProgram(['ffmpeg'])
  const ffprobe = findProgram(['ffprobe'])
  const gstLaunch = findProgram(['gst-launch-1.0'])
  const python = await findPython()
  return ffmpeg && ffprobe && gstLaunch && python ? { ffmpeg, ffprobe, gstLaunch, python } : undefined
}

/** Debian's own, which has Debian's bindings. */
async function findPython(): Promise<string | undefined> {
  const needs = 'import gi; gi.require_version("GstRtspServer", "1.0"); from gi.repository import GstRtspServer'
  try {
    await run('/usr/bin/python3', ['-c', needs], { timeout: 20_000 })
    return '/usr/bin/python3'
  } catch {
    // No such program, or no such binding: it is not here yet.
    return undefined
  }
}
