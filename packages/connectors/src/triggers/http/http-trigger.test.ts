import { describeTrigger } from '@pelton/testkit'
import manifest from './index.ts'

describeTrigger('http', {
  manifest,
  url: '127.0.0.1:0',
  attributes: { maxRequestBodySize: '64KiB', cors: { enabled: false } },
  emit: (context) => {
    const url = context.urls.at(-1) as string
    // The answer may be cut off with the trigger; the suite looks at events.
    void fetch(`${url}/path?x=1`, { method: 'POST', body: 'hello', headers: { connection: 'close' } }).catch(
      () => undefined,
    )
  },
})
