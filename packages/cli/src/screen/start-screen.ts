import type { ProcessorStatus, TriggerStatus } from '@pelton/processor'
import { alignColumns } from './columns.ts'
import type { Paint } from './paint.ts'

/** What the start screen says beside the processor's status. */
export interface StartFacts {
  version: string
  /** From the start of the process. */
  tookMs: number
  watches: boolean
  inspect?: string
}

/** The one screen of `pelton run`: what runs, where it can be reached, how to call it. */
export function startScreen(status: ProcessorStatus, facts: StartFacts, paint: Paint): string {
  const head = `${paint('bold', status.name)}  ${status.runtime}, pelton ${facts.version}, ${readiness(status, facts)}`
  const rows = alignColumns([...status.triggers.map(triggerRow), ...addressRows(status)])
  const withSinks = rows.flatMap((line, index) => [paintUrls(line, paint), ...sinkLines(status.triggers[index], paint)])
  const lines = [head, '', ...withSinks, '']
  for (const trigger of status.triggers.filter((one) => !one.ready)) {
    lines.push(`  ${paint('yellow', 'waiting')} ${trigger.name}: ${trigger.why ?? 'its source is not connected yet'}`)
  }
  for (const note of status.notes) lines.push(`  ${paint('yellow', 'note')} ${note}`)
  if (facts.inspect !== undefined)
    lines.push(`  ${paint('yellow', 'note')} inspector on ${facts.inspect}: one worker, no time limits`)
  lines.push(...hints(status, facts).map((line) => `  ${paint('dim', line)}`), '')
  return `\n${lines.join('\n')}`
}

function triggerRow(trigger: TriggerStatus): string[] {
  const workers = `${trigger.numWorkers} worker${trigger.numWorkers === 1 ? '' : 's'}`
  const atOnce =
    trigger.concurrency === 1 ? 'one event at a time' : `${groupDigits(trigger.concurrency)} events at a time`
  const label = trigger.name === trigger.kind ? trigger.kind : `${trigger.name} (${trigger.kind})`
  const where = trigger.urls.length > 0 ? trigger.urls.join(' ') : '-'
  return [label, where, `${workers}, ${atOnce}`, placement(trigger)]
}

/** Not aligned with the others: a reason may be long. */
function sinkLines(trigger: TriggerStatus | undefined, paint: Paint): string[] {
  if (!trigger || trigger.sinks.length === 0) return []
  return [paintUrls(`    answers go to ${trigger.sinks.map(sinkText).join(', ')}`, paint)]
}

function sinkText({ name, open, why, url }: TriggerStatus['sinks'][number]): string {
  if (!open) return `${name} (not open: ${why ?? 'opening'})`
  return url === undefined ? name : `${name} at ${url}`
}

/** `toLocaleString` would load the locale data, which costs a start several milliseconds. */
function groupDigits(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',')
}

function placement({ placement: chosen, placementReason: why }: TriggerStatus): string {
  const name = chosen === 'worker' ? 'in the worker' : 'dispatched'
  return why === '' ? name : `${name}: ${why}`
}

function addressRows(status: ProcessorStatus): string[][] {
  const rows: string[][] = []
  if (status.admin !== undefined) rows.push(['admin', status.admin, '/triggers /metrics'])
  if (status.health !== undefined) rows.push(['health', status.health, '/live /ready'])
  for (const url of status.metrics) {
    if (status.admin === undefined || !url.startsWith(status.admin)) rows.push(['metrics', url])
  }
  return rows
}

function readiness(status: ProcessorStatus, facts: StartFacts): string {
  const took = `${Math.round(facts.tookMs)} ms`
  return status.state === 'ready' ? `ready in ${took}` : `started in ${took}, not ready yet`
}

function hints(status: ProcessorStatus, facts: StartFacts): string[] {
  const tries = status.triggers.flatMap(({ tryIt }) => tryIt ?? [])
  return [...tries.slice(0, 1), facts.watches ? 'watching for changes; Ctrl+C stops' : 'Ctrl+C stops']
}

function paintUrls(line: string, paint: Paint): string {
  return line.replace(/\w+:\/\/\S+/g, (url) => paint('cyan', url))
}
