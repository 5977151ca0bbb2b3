import assert from 'node:assert/strict'
import {
  type LogRecord,
  type Series,
  type Sink,
  type SinkManifest,
  type SinkSettings,
  createLogger,
} from '@pelton/core'
import { createSink } from './sink-under-test.ts'
import type { Cleanup } from './temp-folder.ts'

/** A sink that listens, and how tests look at it. */
export interface ListeningSink {
  sink: Sink
  /** Of the stream. */
  url: string
  port: number
  logs: LogRecord[]
  /** The value of a series with these labels. */
  value: (name: string, labels?: Record<string, string>) => number | undefined
}

/** Opens one on a free port of the loopback until the test ends; `facts` replace what they name. */
export async function openListeningSink<Attributes>(
  test: Cleanup,
  manifest: SinkManifest<Attributes>,
  attributes: Record<string, unknown>,
  facts: Partial<Omit<SinkSettings<Attributes>, 'attributes'>>,
): Promise<ListeningSink> {
  const logs: LogRecord[] = []
  let url = ''
  let collect = (): readonly Series[] => []
  const sink = await createSink(
    manifest,
    { port: 0, host: '127.0.0.1', ...attributes },
    {
      logger: createLogger((record) => logs.push(record)),
      reachable: (at) => void (url = at),
      series: (collector) => void (collect = collector),
      ...facts,
    },
  )
  test.after(() => sink.close(0))
  await sink.open(() => assert.fail('a listener is not lost'))
  return {
    sink,
    url,
    port: Number(new URL(url).port),
    logs,
    value(name, labels = {}) {
      const samples = collect().find((series) => series.name === name)?.samples ?? []
      return samples.find((sample) => Object.entries(labels).every(([key, of]) => sample.labels[key] === of))?.value
    },
  }
}
