import { defineErrors, errorRow } from '@pelton/core'

/** What triggers, sinks and bindings raise. */
export const errors = defineErrors({
  address_invalid: errorRow<{ trigger: string; url: string }>({
    message: ({ trigger, url }) => `trigger ${trigger}: url "${url}" is no address to listen on`,
    blame: 'user',
    retryable: false,
    help: 'Write :8080, 0.0.0.0:8080, [::1]:8080 or 127.0.0.1:0.',
  }),
})
