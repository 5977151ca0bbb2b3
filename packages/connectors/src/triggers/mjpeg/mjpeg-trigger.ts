import type { CreateTrigger, TriggerContext, TriggerSettings } from '@pelton/core'
import {
  EndLog,
  FrameHandout,
  type SourceCounts,
  countReason,
  createSourceCounts,
  createWallTime,
  pullSource,
  readClientTls,
  sourceSeries,
} from '@pelton/protocols/camera'
import { Camera, CameraClient, type CameraTarget, cameraTarget } from '@pelton/protocols/mjpeg-client'
import type { MjpegAttributes } from './config.ts'
import { type Frame, frameEvent } from './frame-event.ts'
import { isChosen } from './is-chosen.ts'

/** A trigger that pulls a camera, for as long as it runs, and hands out the newest frame to each worker that is free. */
export const createMjpegTrigger: CreateTrigger<MjpegAttributes> = (settings) => ({
  run: (context) => runMjpegTrigger(settings, context),
})

/** Runs the trigger; `random` (0 to 1) draws the waits between two attempts. */
export async function runMjpegTrigger(
  settings: TriggerSettings<MjpegAttributes>,
  context: TriggerContext,
  random: () => number = Math.random,
): Promise<void> {
  const { attributes, folder } = settings
  const target = cameraTarget(attributes)
  const tls = await readClientTls(attributes.tls, folder)
  const counts = createSourceCounts()
  const ends = new EndLog(context)
  const handout = createHandout(settings, context, target, ends)
  context.series(() => sourceSeries(counts, handout.counts))
  const client = new CameraClient({ target, headers: attributes.headers, tls })
  const camera = createCamera(settings, context, { client, counts, handout })
  try {
    await pullSource({
      context,
      url: target.shown,
      counts,
      attempt: (link) => camera.read(link, context.stop),
      random,
      handout,
      ends,
    })
  } finally {
    client.close()
  }
}

function createHandout(
  { name, kind, numWorkers }: TriggerSettings,
  context: TriggerContext,
  { told }: CameraTarget,
  ends: EndLog,
): FrameHandout<Frame> {
  const trigger = { kind, name }
  return new FrameHandout<Frame>({
    context,
    places: numWorkers,
    toEvent: (frame) => frameEvent(trigger, told, frame),
    signal: context.abort,
    onEnd: (end) => ends.add(end),
  })
}

interface Reading {
  client: CameraClient
  counts: SourceCounts
  handout: FrameHandout<Frame>
}

function createCamera(
  { attributes, compat }: TriggerSettings<MjpegAttributes>,
  { clock }: TriggerContext,
  { client, counts, handout }: Reading,
): Camera {
  const { processing_factor: factor, stall_timeout: stallMs, interval: intervalMs } = attributes
  const wallTime = createWallTime(clock)
  return new Camera({
    client,
    clock,
    stallMs,
    intervalMs,
    maxFrameBytes: attributes.max_frame_bytes,
    onFrame(jpeg) {
      const number = (counts.received += 1)
      if (isChosen(number, factor, compat)) handout.offer({ jpeg, number, atMs: wallTime() })
    },
    onDrop: (reason) => countReason(counts.dropped, reason),
  })
}
