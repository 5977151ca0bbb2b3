import { defineCommand } from './command.ts'
import { choice, duration, flag, text } from './options.ts'

/** `pelton watch`: what a camera or microphone sends, without a function. */
export const watchCommand = defineCommand({
  name: 'watch',
  summary: 'Look at a camera or microphone: codec, size, rate, jitter and loss; save a frame',
  arguments: [{ name: 'url', doc: 'rtsp://, rtsps://, or http:// and https:// of MJPEG or pictures' }],
  options: {
    transport: choice('--transport <name>', ['auto', 'tcp', 'udp'], 'how packets of RTSP come (default: auto)'),
    media: choice('--media <type>', ['video', 'audio'], 'what is watched (default: video, or audio without it)'),
    username: text('--username <name>', 'for basic and digest authentication; may stand in the URL'),
    password: text('--password <text>', 'goes with it'),
    insecure: flag('--insecure', 'take any certificate of rtsps:// and https://'),
    for: duration('--for <duration>', 'end after so long (default: with Ctrl+C)'),
    timeout: duration('--timeout <duration>', 'longest wait for an answer, and for what comes next (default: 10s)'),
    save: text('--save <file>', 'write the first whole frame and end: .jpg, or .h264 and .h265 as it came'),
    json: flag('--json', 'print one JSON object a line'),
  },
  examples: [
    { line: 'pelton watch rtsp://camera.local/stream', doc: 'what it sends, then a line a second' },
    { line: 'pelton watch rtsp://camera.local/stream --transport udp --for 1m', doc: 'what UDP loses in a minute' },
    { line: 'pelton watch http://localhost:8081/processed --save now.jpg', doc: 'the picture of this moment' },
    { line: 'pelton watch rtsp://camera.local/stream --json --for 10s', doc: 'figures for a script' },
  ],
  notes: [
    'Username and password may also be PELTON_WATCH_USERNAME and PELTON_WATCH_PASSWORD in the environment.',
    'Jitter is that of RFC 3550; lost packets stand before those that were expected. A .jpg of H.264 or H.265 needs',
    'node-av (npm install node-av), @napi-rs/webcodecs, or ffmpeg on the PATH. Nothing is decoded otherwise.',
    'Exits with 1 when the source is lost, refuses, or gives nothing, with 130 on Ctrl+C before it gave anything.',
  ],
  async run({ arguments: [address], options, terminal }) {
    const { watchSource } = await import('../look/watch-source.ts')
    return watchSource({ ...options, address, terminal })
  },
})
