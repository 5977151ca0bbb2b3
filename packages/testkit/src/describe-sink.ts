import { describe, test } from 'node:test'
import { sinkChecks } from './sink-checks.ts'
import type { SinkTarget, SinkUnderTest } from './sink-under-test.ts'

/** The contract that every sink kind keeps, as tests. */
export function describeSink<Attributes, Target extends SinkTarget>(
  name: string,
  kind: SinkUnderTest<Attributes, Target>,
): void {
  describe(`${name} keeps the contract of sinks`, () => {
    for (const check of sinkChecks(kind)) test(check.name, check.run)
  })
}
