import { describeTrigger } from '@pelton/testkit'
import manifest from './index.ts'

describeTrigger('kickstart', {
  manifest,
  attributes: { event: { body: 'hello', headers: { 'X-A': '1' }, method: 'POST', path: '/go' } },
  emit: () => undefined,
  emitsOnce: true,
  mostPending: 1,
})
